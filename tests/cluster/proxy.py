#!/usr/bin/env python3
"""A TCP proxy that cuts all its connections every SECONDS: proxy.py LISTEN_PORT HOST PORT SECONDS"""
import asyncio, sys

listen, host, port, every = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
writers = set()


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    try:
        up_reader, up_writer = await asyncio.open_connection(host, port)
    except OSError:
        writer.close()
        return
    writers.update((writer, up_writer))
    await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
    writers.difference_update((writer, up_writer))


async def main():
    await asyncio.start_server(serve, "127.0.0.1", listen)
    while True:
        await asyncio.sleep(every)
        for writer in list(writers):
            writer.transport.abort()


asyncio.run(main())
