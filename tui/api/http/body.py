"""Reading a response's body without trusting its size."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

from tui.api.errors import Malformed

if TYPE_CHECKING:
    import httpx

LARGEST = 48 * 1024 * 1024
"""Bytes of a response after decompression: some 25,000 pods of 4 GPUs. More is a fault, or an attack on our memory."""

LARGEST_OF_CHANGE = 4 * 1024 * 1024
"""Bytes of the response to a change: one pod, whose variables are at most 100 KiB."""

PIECE = 1024 * 1024
"""Bytes that are decompressed in one step of the event loop: some 3 ms."""

_GZIP = zlib.MAX_WBITS | 16


async def read(response: httpx.Response, limit: int = LARGEST) -> bytes:
    """The decompressed body. Raises Malformed when it is larger than `limit`, cut short or wrongly compressed.

    podtop decompresses it, for httpx does so a whole chunk at a time: one of 64 kB can hold 64 MB of zeros.
    """
    if response.is_stream_consumed:
        # A transport inside this process gave it whole.
        _check(len(response.content), limit)
        return response.content
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return await _read_plain(response, limit)
    if encoding in ("gzip", "x-gzip"):
        return await _read_compressed(response, limit)
    raise Malformed(f"RunPod's response has an unsupported compression ({encoding[:20]!a}).")


async def _read_plain(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        _check(len(body), limit)
    return bytes(body)


async def _read_compressed(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    inflate = zlib.decompressobj(_GZIP)
    broken = False
    async for chunk in response.aiter_raw():
        try:
            while len(piece := inflate.decompress(chunk, min(PIECE, limit + 1 - len(body)))) == PIECE:
                body += piece
                _check(len(body), limit)
                chunk = inflate.unconsumed_tail
                # A few kB can be very much: keys are heard in between.
                await asyncio.sleep(0)
        except zlib.error:
            broken = True
            break
        # One byte more than allowed is enough to know.
        body += piece
        _check(len(body), limit)
    if broken or not inflate.eof:
        raise Malformed("RunPod's response is cut short or wrongly compressed; podtop ignores it.")
    return bytes(body)


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise Malformed(f"RunPod's response is larger than {limit // 2**20} MiB; podtop ignores it.")
