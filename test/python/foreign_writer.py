"""An app in another language: does with the functions of docs/data-model.md what it is told, one JSON line at a time.

Usage: foreign_writer.py URI DATABASE APP_DATABASE. The documented code lies beside it in data_model.py, where the test
has put it. Told to, it dies by its own SIGKILL at the n-th command that it sends to MongoDB, or after its answer.
"""

import datetime
import hashlib
import json
import os
import signal
import sys

import data_model
import gridfs
from pymongo import MongoClient, monitoring


class Strike(monitoring.CommandListener):
    """Counts commands once it is armed, and kills the process at the one that it was told."""

    def __init__(self):
        self.arm(None)

    def arm(self, at):
        self.at = at
        self.seen = {"started": 0, "succeeded": 0}

    def count(self, phase, event):
        self.seen[phase] += 1
        if self.at is not None and self.at["phase"] == phase and self.at["index"] == self.seen[phase]:
            say({"struck": f"{phase} {event.command_name}"})
            os.kill(os.getpid(), signal.SIGKILL)

    def started(self, event):
        self.count("started", event)

    def succeeded(self, event):
        self.count("succeeded", event)

    def failed(self, event):
        pass


class Deliberate(Exception):
    """The app changes its mind inside its transaction."""


def say(answer):
    os.write(1, (json.dumps(answer) + "\n").encode())


class App:
    def __init__(self, uri, database, app_database, name, strike):
        self.client = MongoClient(uri, appname=name, event_listeners=[strike])
        self.db = self.client[database]
        self.messages = self.client[app_database].messages
        data_model.check_format(self.db)

    def read(self, fileId):
        file, stream = data_model.open_file(self.db, fileId)
        data = stream.read()
        # The same by PyMongo's older interface, by name, and from the middle.
        older = gridfs.GridFS(self.db, collection="blobs").get(file["blobId"])
        named = gridfs.GridFSBucket(self.db, bucket_name="blobs").open_download_stream_by_name(file["sha256"])
        older.seek(len(data) // 2)
        return {
            "size": file["size"],
            "length": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "sameByName": named.read() == data,
            "sameFromTheMiddle": older.read() == data[len(data) // 2 :],
            "stream": {
                "length": stream.length,
                "chunkSize": stream.chunk_size,
                "name": stream.filename,
                "uploadedAt": stream.upload_date.replace(tzinfo=datetime.timezone.utc).isoformat(),
                "metadata": stream.metadata,
            },
        }

    def held(self, documentId):
        return {"fileIds": data_model.files_of(self.db, "messages", documentId)}

    def post(self, messageId, fileId):
        data_model.post_message(self.client, self.db, self.messages, {"_id": messageId}, fileId)

    def post_and_abort(self, messageId, fileId):
        def work(session):
            self.messages.insert_one({"_id": messageId}, session=session)
            data_model.attach(self.db, session, fileId, "messages", messageId)
            raise Deliberate()

        self.in_transaction(work)

    def post_again(self, messageId, fileId):
        """A client's repeat: the message may be there, and its hold as well."""

        def work(session):
            self.messages.update_one({"_id": messageId}, {"$inc": {"repeats": 1}}, upsert=True, session=session)
            data_model.attach_again(self.db, session, fileId, "messages", messageId)

        self.in_transaction(work)

    def attach_and_swallow(self, messageId, fileId):
        """Catches what it should have let through, and commits."""
        swallowed = None
        with self.client.start_session() as session:
            session.start_transaction(**data_model.in_transaction)
            self.messages.insert_one({"_id": messageId}, session=session)
            try:
                data_model.attach(self.db, session, fileId, "messages", messageId)
            except Exception as refusal:
                swallowed = type(refusal).__name__
            session.commit_transaction()
        return {"swallowed": swallowed}

    def delete(self, messageId):
        data_model.delete_message(self.client, self.db, self.messages, messageId)

    def delete_and_abort(self, messageId, fileId):
        def work(session):
            self.messages.delete_one({"_id": messageId}, session=session)
            data_model.detach(self.db, session, fileId, "messages", messageId)
            raise Deliberate()

        self.in_transaction(work)

    def detach(self, documentId, fileId):
        def work(session):
            return data_model.detach(self.db, session, fileId, "messages", documentId)

        return {"detached": self.in_transaction(work)}

    def in_transaction(self, work):
        with self.client.start_session() as session:
            return session.with_transaction(work, **data_model.in_transaction)


def main():
    uri, database, app_database, name = sys.argv[1:]
    strike = Strike()
    app = App(uri, database, app_database, name, strike)
    say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        strike.arm(order["strike"])
        try:
            answer = getattr(app, order["task"])(**order["input"]) or {}
            outcome = {"done": answer, "commands": strike.seen["started"]}
        except Exception as error:
            outcome = {
                "failed": type(error).__name__,
                "message": str(error)[:500],
                "commands": strike.seen["started"],
            }
        strike.arm(None)
        say(outcome)
    app.client.close()


main()
