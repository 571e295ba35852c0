"""SuperDuperDB's own listener with the same model: superduperdb_listener.py URI DATABASE COLLECTION FOLDER

The folder is for what it keeps in files. Its listener refuses to start without a vector index, so there is one.
"""
import logging
import os
import signal
import sys
import threading

import pymongo
from hash_model import embed

uri, database, name, folder = sys.argv[1:5]
os.chdir(folder)
# An older token would be resumed from.
if os.path.exists(".cdc.tokens"):
    os.remove(".cdc.tokens")

from superduperdb.container.listener import Listener  # noqa: E402
from superduperdb.container.model import Model  # noqa: E402
from superduperdb.container.vector_index import VectorIndex  # noqa: E402
from superduperdb.db.base.cdc import DatabaseListener  # noqa: E402
from superduperdb.db.mongodb.query import Collection  # noqa: E402
from superduperdb.ext.vector.encoder import vector  # noqa: E402
from superduperdb.misc.superduper import superduper  # noqa: E402

# A line for each event would be measured as well.
logging.disable(logging.INFO)
db = superduper(pymongo.MongoClient(uri)[database])
model = Model(identifier="m", object=embed, encoder=vector(shape=(32,)))
db.add(VectorIndex(identifier="index", indexing_listener=Listener(
    model=model, key="text", select=Collection(name).find())))
DatabaseListener(db=db, on=Collection(name)).listen()
stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
print("READY", flush=True)
while not stopped.wait(0.5):
    pass
# Its threads would be waited for.
os._exit(0)
