#!/usr/bin/env python3
"""Seconds until WORD stands in the output of COMMAND, which is then ended: until.py WORD COMMAND..."""
import subprocess, sys, time

word, start, tail = sys.argv[1].encode(), time.monotonic(), b""
process = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE)
while data := process.stdout.read1(1 << 20):
    if word in tail + data:
        break
    tail = data[-len(word):]
print(f"{time.monotonic() - start:.3f}")
process.kill()
