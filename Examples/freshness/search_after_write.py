"""Write a document, wait until its prediction is there, search: nothing old is found, nothing is missed.

    search_after_write.py [connection string] [address of Lockstep]

Needs Lockstep running with lockstep.yaml of this folder.
"""
import json
import sys
import urllib.error
import urllib.request

from pymongo import MongoClient

URI = sys.argv[1] if len(sys.argv) > 1 else "mongodb://127.0.0.1:27117/?replicaSet=lockstep"
LOCKSTEP = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:7077"


def wait_until_fresh(session, seconds=10):
    """Returns once everything that this session wrote is reflected in the predictions."""
    time = session.operation_time  # of the last write, as MongoDB acknowledged it
    url = f"{LOCKSTEP}/v1/freshness?after={time.time}.{time.inc}&timeout={seconds}"
    try:
        with urllib.request.urlopen(url, timeout=seconds + 5) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        # 504: it takes longer; the answer says how far it is, and why.
        raise TimeoutError(error.read().decode()) from None


def vector_of(document):
    return document["_outputs"]["text"]["letters"].as_vector().data


def search(notes, vector, count=2):
    """The nearest by cosine; every vector has norm 1. A few thousand documents need no index."""
    rows = notes.find({"_outputs.text.letters": {"$exists": True}})
    scored = [(sum(a * b for a, b in zip(vector, vector_of(row))), row["text"]) for row in rows]
    return sorted(scored, reverse=True)[:count]


def main():
    with MongoClient(URI) as client, client.start_session() as session:
        notes = client.shop.notes
        notes.delete_many({}, session=session)
        notes.insert_many(
            [{"text": text} for text in ("a lemon tree", "the night train", "melons and lemons")], session=session)
        query = notes.insert_one({"text": "lemon"}, session=session).inserted_id

        answer = wait_until_fresh(session)
        print(f"fresh after {answer['waitedSeconds'] * 1000:.0f} ms")

        vector = vector_of(notes.find_one_and_delete({"_id": query}, session=session))
        for score, text in search(notes, vector):
            print(f"{score:.2f}  {text}")


if __name__ == "__main__":
    main()
