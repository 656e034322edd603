"""Somebody in a room who speaks Python: talk.py URL ROOM TOKEN TRANSPORT.

Enters the room, prints "in", says each line of its input, and prints every entry as a line of JSON. Ends with its input.
"""
import json
import sys

import socketio

url, room, token, transport = sys.argv[1:]
client = socketio.Client()
place = None


def enter():
    global place
    answered = client.call("enter", {"room": room, "place": place}, namespace="/rooms", timeout=10)
    place = place or answered["ok"]["place"]


@client.on("entry", namespace="/rooms")
def entry(of, entry):
    if of == room:
        print(json.dumps(entry), flush=True)


client.connect(url, auth={"token": token}, namespaces=["/rooms"], transports=[transport], wait_timeout=10)
enter()
print("in", flush=True)
for number, line in enumerate(sys.stdin):
    said = {"room": room, "client_id": f"python-{number}", "body": line.rstrip("\n")}
    answered = client.call("say", said, namespace="/rooms", timeout=10)
    if "error" in answered:
        sys.exit(answered["error"]["message"])
client.disconnect()
