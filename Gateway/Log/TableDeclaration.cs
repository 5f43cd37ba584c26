namespace RigKafka.Log;

/// <summary>A table that a feature asks for.</summary>
/// <param name="Name">What it is called in log lines, metrics and on the health page.</param>
/// <param name="Setting">The setting that names its topic.</param>
/// <param name="Topic">Its topic.</param>
internal sealed record TableDeclaration(string Name, string Setting, TableTopic Topic);

/// <summary>Makes a table of the log that there is.</summary>
internal delegate ITable TableFactory(IServiceProvider services, TableDeclaration table);
