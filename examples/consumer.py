# Keeps the readings that billing needs in SQLite:   apt install python3-paho-mqtt
#   python3 consumer.py broker.example:1883 billing.db
#   python3 consumer.py - billing.db < messages.jsonl   (one message a line, as mosquitto_sub -F %p writes them)
import json, pathlib, re, sqlite3, sys

source, file = sys.argv[1:]
create, upsert = re.split(r"(?<=;)\n", pathlib.Path(__file__).with_name("consumer.sql").read_text("utf-8"))[:2]
db = sqlite3.connect(file)
db.execute(create)

def keep(body):
    m = json.loads(body)
    if m["schema"] != "varmesky.reading.daily/1":
        return
    meter = m["meter"]["manufacturer"] + "-" + m["meter"]["id"]
    with db:
        db.execute(upsert, {"meter": meter, "day": m["day"], "id": m["id"], "precedence": m["precedence"], "body": body})

if source == "-":
    for line in sys.stdin.buffer:
        keep(line.decode().rstrip("\n"))
else:
    import paho.mqtt.client as mqtt
    version = [mqtt.CallbackAPIVersion.VERSION2] if hasattr(mqtt, "CallbackAPIVersion") else []  # paho 2, or 1.6
    client = mqtt.Client(*version, client_id="billing-py", clean_session=False)
    client.on_connect = lambda client, *_: client.subscribe("varmesky/v1/+/reading/daily/+", qos=1)
    client.on_message = lambda client, userdata, message: keep(message.payload.decode())
    client.connect(*source.split(":")[:1], port=int(source.split(":")[1]))
    client.loop_forever(retry_first_connection=True)
