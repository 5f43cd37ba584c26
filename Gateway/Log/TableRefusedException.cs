namespace RigKafka.Log;

/// <summary>A topic that is to hold a table cannot hold one, and only an operator can change that.</summary>
internal sealed class TableRefusedException(string message) : Exception(message);
