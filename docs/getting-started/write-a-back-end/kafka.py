# python3 kafka.py localhost:9092 rig alice bob
import json
import sys

from confluent_kafka import Producer

brokers, topic, *users = sys.argv[1:]
producer = Producer({
    "bootstrap.servers": brokers,
    "enable.idempotence": True,
    # Java's partitioner, and the gateway's. The default is another.
    "partitioner": "murmur2_random",
})
failures = []
for user in users:
    message = json.dumps({"user": user, "text": f"Hi, {user}!"})
    producer.produce(topic, key=user, value=message, on_delivery=lambda failure, _: failure and failures.append(failure))
producer.flush()
if failures:
    sys.exit(f"Not stored: {failures}")
