#!/usr/bin/env python3
"""A TCP proxy that cuts all its connections every SECONDS (0: never): proxy.py LISTEN_PORT HOST PORT SECONDS
SIGUSR1: cuts all and accepts none, as a server that is away; SIGUSR2: accepts again."""
import asyncio, signal, sys

listen, host, port, every = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
writers = set()
away = False


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
    if away:
        writer.transport.abort()
        return
    try:
        up_reader, up_writer = await asyncio.open_connection(host, port)
    except OSError:
        writer.close()
        return
    writers.update((writer, up_writer))
    await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
    writers.difference_update((writer, up_writer))


def cut():
    for writer in list(writers):
        writer.transport.abort()


def leave():
    global away
    away = True
    cut()


def come_back():
    global away
    away = False


async def main():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, leave)
    loop.add_signal_handler(signal.SIGUSR2, come_back)
    await asyncio.start_server(serve, "127.0.0.1", listen)
    while True:
        await asyncio.sleep(every or 3600)
        if every:
            cut()


asyncio.run(main())
