namespace RigKafka.Log;

/// <summary>The Kafka topic that holds a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Configuration">What it is created with, beside what every table needs.</param>
/// <param name="PutsBack">Whether every node puts back what the topic has lost; otherwise only whoever wrote it does.</param>
internal sealed record TableTopic(string Name, IReadOnlyDictionary<string, string> Configuration, bool PutsBack = true);
