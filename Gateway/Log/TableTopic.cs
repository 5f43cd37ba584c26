namespace RigKafka.Log;

/// <summary>The topic that holds a table, where the log has topics.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PutsBack">Whether every node puts back what the topic has lost; otherwise only the node that wrote it does, by <see cref="ITable.WatchLosses"/>.</param>
internal sealed record TableTopic(string Name, bool PutsBack = true)
{
    /// <summary>What it is created with, beside what every table needs.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = new Dictionary<string, string>();
}
