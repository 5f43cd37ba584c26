namespace RigKafka.Log;

/// <summary>A table topic cannot hold a table, and only an operator can change that.</summary>
internal sealed class TableRefusedException(string message) : Exception(message);
