namespace RigKafka.Kafka;

/// <summary>A topic that calls are written to, which no node reads or creates.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Setting">Where it is named.</param>
internal sealed record WrittenTopic(string Name, string Setting);
