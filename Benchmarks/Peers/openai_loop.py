"""What one would write by hand against a provider: the asyncio client of `openai`, so many requests at once, bulk writes.

    openai_loop.py URI DATABASE COLLECTION --url URL [--batch 50] [--concurrency 8]

Gives every document that has none the vector of its text, and prints the seconds as JSON. No positions, no guard, no
provenance, and nothing that waits for a rate: the client's own retries are all.
"""
import argparse
import asyncio
import json
import struct
import time

import bson
import openai
import pymongo


async def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("uri")
    options.add_argument("database")
    options.add_argument("collection")
    options.add_argument("--url", required=True)
    options.add_argument("--batch", type=int, default=50)
    options.add_argument("--concurrency", type=int, default=8)
    options = options.parse_args()
    client = openai.AsyncOpenAI(api_key="sk-bench", base_url=options.url, max_retries=10)
    collection = pymongo.AsyncMongoClient(options.uri)[options.database][options.collection]
    began = time.monotonic()
    cursor = collection.find({"_outputs.text.m": {"$exists": False}}, {"text": 1}, batch_size=5000)
    # A batch for each worker lies ready.
    queue = asyncio.Queue(options.concurrency)

    async def read():
        batch = []
        async for document in cursor:
            batch.append(document)
            if len(batch) == options.batch:
                await queue.put(batch)
                batch = []
        if batch:
            await queue.put(batch)
        for _ in range(options.concurrency):
            await queue.put(None)

    async def work():
        while batch := await queue.get():
            answer = await client.embeddings.create(
                model="text-embedding-3-small", input=[document["text"] for document in batch])
            await collection.bulk_write([
                pymongo.UpdateOne({"_id": batch[each.index]["_id"]}, {"$set": {"_outputs.text.m": bson.Binary(
                    b"\x27\x00" + struct.pack(f"<{len(each.embedding)}f", *each.embedding), 9)}})
                for each in answer.data], ordered=False)

    await asyncio.gather(read(), *(work() for _ in range(options.concurrency)))
    print(json.dumps({"seconds": time.monotonic() - began}))


asyncio.run(main())
