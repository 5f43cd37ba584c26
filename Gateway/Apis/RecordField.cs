namespace RigKafka.Apis;

/// <summary>Where a record's key or header comes from.</summary>
/// <param name="Source">What kind of thing is looked at.</param>
/// <param name="Name">Which one; for a fixed value, the value.</param>
internal sealed record RecordField(RecordFieldSource Source, string Name);
