"""Stands before a registry and lets everything arrive so many milliseconds later, each way: delay.py LISTEN_PORT PORT MILLISECONDS."""
import asyncio
import sys

listen, port, delay = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000


async def late(reader, writer):
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def read():
        while True:
            data = await reader.read(65536)
            await queue.put((loop.time() + delay, data))
            if not data:
                return

    reading = asyncio.create_task(read())
    try:
        while True:
            at, data = await queue.get()
            await asyncio.sleep(max(0, at - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        reading.cancel()
        writer.close()


async def connection(reader, writer):
    there_reader, there_writer = await asyncio.open_connection("localhost", port)
    await asyncio.gather(late(reader, there_writer), late(there_reader, writer), return_exceptions=True)


async def main():
    server = await asyncio.start_server(connection, "localhost", listen)
    await server.serve_forever()


asyncio.run(main())
