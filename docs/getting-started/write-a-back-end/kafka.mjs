// node kafka.mjs localhost:9092 rig alice bob
import { Kafka, Partitioners } from "kafkajs";

const [brokers, topic, ...users] = process.argv.slice(2);
const producer = new Kafka({ brokers: brokers.split(",") }).producer({
  idempotent: true,
  // Java's since version 2 of this library; LegacyPartitioner is that of version 1.
  createPartitioner: Partitioners.DefaultPartitioner,
});
await producer.connect();
await producer.send({ topic, messages: users.map(user => ({ key: user, value: JSON.stringify({ user, text: `Hi, ${user}!` }) })) });
await producer.disconnect();
