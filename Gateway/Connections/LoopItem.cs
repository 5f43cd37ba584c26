namespace RigKafka.Connections;

/// <summary>One thing that a delivery loop is to do.</summary>
/// <param name="Kind">What.</param>
/// <param name="Target">To what or to whom.</param>
/// <param name="Value">With what, where the kind has something.</param>
internal readonly record struct LoopItem(LoopItemKind Kind, object Target, object? Value);
