using System.Collections.Immutable;

namespace RigKafka.Apis;

/// <summary>The record that a call becomes: its topic, where its key comes from, and its headers.</summary>
internal sealed record RecordTarget(string Topic, RecordField? Key, ImmutableArray<KeyValuePair<string, RecordField>> Headers);
