namespace RigKafka.Log;

/// <summary>The Kafka topic that holds a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Configuration">What it is created with, beside what every table needs.</param>
internal sealed record TableTopic(string Name, IReadOnlyDictionary<string, string> Configuration);
