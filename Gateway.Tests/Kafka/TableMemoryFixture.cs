using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Tests.Kafka;

/// <summary>A node's copy of a table, which the test feeds with records of the table's topic.</summary>
internal abstract class TableMemoryFixture
{
    protected List<string> Told { get; } = [];

    protected FakeTimeProvider Time { get; private set; } = null!;

    protected TableState State { get; private set; } = null!;

    protected TableMemory Memory { get; private set; } = null!;

    [SetUp]
    public void Start()
    {
        Time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        State = new TableState(Time);
        Memory = new TableMemory(State, putsBack: true, Time);
        Memory.Begin(TableReading.AtStart);
        Told.Clear();
        State.Watch(change => Told.Add($"{change.Key}={Text(change.Entry)}"));
    }

    protected static string Text(TableEntry? entry) => entry is { } there ? Encoding.UTF8.GetString(there.Value) : "nothing";

    protected string? Get(string key) => State.Get(key) is { } entry ? Text(entry) : null;

    protected string? Owed(string key) => Memory.Owed(key) is { } owed ? Text(owed.Entry) : null;

    protected static TableEntry? Entry(string? value, int expiresInSeconds = 100_000) =>
        value is null ? null : new TableEntry(Encoding.UTF8.GetBytes(value), DateTimeOffset.FromUnixTimeSeconds(1_800_000_000 + expiresInSeconds));

    protected void Write(string key, string value, long at, int expiresInSeconds = 100_000) => Memory.Read(new TableStep(key, Entry(value, expiresInSeconds), at));

    protected void Remove(string key, long at) => Memory.Read(new TableStep(key, null, at));

    protected void PutBack(string key, string? value, long written) => Memory.Read(new TableStep(key, Entry(value), written, IsPutBack: true));

    protected void Sweep(string key, DateTimeOffset expiredBy) => Memory.Read(new TableStep(key, null, 1_000_000, ExpiredBy: expiredBy));

    protected void Anew(TableReading reading, Action? log = null)
    {
        Memory.Begin(reading);
        log?.Invoke();
        Memory.End();
    }
}
