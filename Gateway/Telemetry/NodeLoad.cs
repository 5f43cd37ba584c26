using System.Text.Json;

namespace RigKafka.Telemetry;

/// <summary>What a node had to do at one moment, and how well it went: since the moment before, where a rate or a time is meant.</summary>
/// <param name="Time">When, in milliseconds since the Unix epoch.</param>
/// <param name="Connections">Open connections by transport.</param>
/// <param name="Read">Messages read from the log each second.</param>
/// <param name="Deliveries">Deliveries each second.</param>
/// <param name="Published">Messages of publishers that were stored, each second.</param>
/// <param name="P50">The median delivery latency in seconds; null where nothing was delivered.</param>
/// <param name="P99">Its 99th percentile.</param>
/// <param name="Lag">Records that the node has yet to read.</param>
internal sealed record NodeLoad(
    long Time,
    IReadOnlyDictionary<string, long> Connections,
    double Read,
    double Deliveries,
    double Published,
    double? P50,
    double? P99,
    long Lag)
{
    /// <summary>Writes the members into the object that is open.</summary>
    public void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteNumber("time", Time);
        json.WriteStartObject("connections");
        foreach (var (transport, open) in Connections)
        {
            json.WriteNumber(transport, open);
        }

        json.WriteEndObject();
        json.WriteNumber("read", Math.Round(Read, 1));
        json.WriteNumber("deliveries", Math.Round(Deliveries, 1));
        json.WriteNumber("published", Math.Round(Published, 1));
        WriteSeconds(json, "p50", P50);
        WriteSeconds(json, "p99", P99);
        json.WriteNumber("lag", Lag);
    }

    /// <summary>Writes a time, or null where there is none.</summary>
    public static void WriteSeconds(Utf8JsonWriter json, string name, double? seconds)
    {
        if (seconds is { } value)
        {
            json.WriteNumber(name, Math.Round(value, 6));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
