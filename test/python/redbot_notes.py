"""Asks redbot about one resource of this machine, and prints its notes as JSON. What they mean is for the test to say."""

import json
import sys
from configparser import ConfigParser

import thor
from redbot.resource import HttpResource


def notes_of(name, linter):
    return [
        {"of": name, "level": note.level.name, "note": type(note).__name__, "summary": str(note.summary)}
        for note in linter.notes
    ]


def main(task):
    parser = ConfigParser()
    # By default it asks nobody but public addresses.
    parser.read_dict({"redbot": {"enable_local_access": "True"}})
    resource = HttpResource(parser["redbot"])
    headers = [(name, value) for name, value in task["headers"].items()]
    resource.set_request(task["url"], method=task["method"], headers=headers)
    resource.on("check_done", thor.stop)
    resource.check()
    thor.run()
    notes = notes_of("response", resource.response)
    for name, check in resource.subreqs.items():
        if check.fetch_started:
            notes += notes_of(name, check.response)
    error = resource.fetch_error
    return {"status": resource.response.status_code, "error": error and str(error), "notes": notes}


print(json.dumps(main(json.loads(sys.argv[1]))))
