// dotnet run kafka.cs localhost:9092 rig alice bob
#:package Confluent.Kafka@2.16.0
using System.Text.Json.Nodes;
using Confluent.Kafka;

var (brokers, topic, users) = (args[0], args[1], args[2..]);
using var producer = new ProducerBuilder<string, string>(new ProducerConfig
{
    BootstrapServers = brokers,
    EnableIdempotence = true,
    // Java's partitioner, and the gateway's. The default is another.
    Partitioner = Partitioner.Murmur2Random,
}).Build();
foreach (var user in users)
{
    var message = new JsonObject { ["user"] = user, ["text"] = $"Hi, {user}!" };
    await producer.ProduceAsync(topic, new Message<string, string> { Key = user, Value = message.ToJsonString() });
}
