namespace RigKafka.Log;

/// <summary>A table that a feature asks for.</summary>
/// <param name="Name">Its name in log lines, metrics and on the health page.</param>
/// <param name="Setting">The setting that names its topic.</param>
/// <param name="Topic">Its topic.</param>
internal sealed record TableDeclaration(string Name, string Setting, TableTopic Topic);

/// <summary>The topic that holds a table, where the log has topics.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PutsBack">Whether every node puts back what the topic has lost. Otherwise
/// only the node that wrote it does, told by <see cref="ITable.WatchLosses"/>.</param>
internal sealed record TableTopic(string Name, bool PutsBack = true)
{
    /// <summary>The configuration that it is created with, beside what every table needs.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = new Dictionary<string, string>();
}

/// <summary>Makes a table that the log of this node keeps.</summary>
internal delegate ITable TableFactory(IServiceProvider services, TableDeclaration table);
