using Microsoft.Extensions.Time.Testing;
using RigKafka.Connections;

namespace RigKafka.Tests.Delivery;

/// <summary>What clients of a story come to: source topics that are written to and change, and nodes that read them at their own pace.</summary>
internal sealed class StoryWorld : IDisposable
{
    private readonly Random _random;
    private readonly StoryOptions _options;
    private readonly Action<string> _tell;
    private readonly FakeTimeProvider _time = new();
    private readonly StoryTopic[] _topics;
    private readonly List<StoryNode> _nodes = [];
    private readonly List<StoryNode> _stopped = [];
    private long _number;

    public StoryWorld(Random random, StoryOptions options, Action<string> tell)
    {
        (_random, _options, _tell) = (random, options, tell);
        _topics = [.. Enumerable.Range(0, random.Next(1, 3)).Select(index => new StoryTopic(
            Truth, (uint)index + 1, random.Next(1, 4), isCompacted: random.Next(4) == 0))];
        for (var i = random.Next(2, 4); i > 0; i--)
        {
            StartNode();
        }

        var compacted = _topics.Count(topic => topic.IsCompacted);
        tell($"{_topics.Length} topics, {compacted} compacted, {_nodes.Count} nodes, {options}, history {options.Resume.HistoryMaxBytes}");
    }

    /// <summary>The users that there are messages for.</summary>
    public static string[] Users { get; } = [.. Enumerable.Range(0, 8).Select(user => $"u{user}")];

    public ResumeTruth Truth { get; } = new();

    /// <summary>How many missed messages the nodes have found.</summary>
    public long Replayed => _nodes.Concat(_stopped).Sum(node => node.Replayed);

    /// <summary>Whether the nodes have read everything.</summary>
    public bool IsAtRest => _nodes.TrueForAll(node => node.Log is { IsAtEnd: true, IsReadingAgain: false });

    public StoryNode AnyNode() => Any(_nodes);

    /// <summary>Some node reads on.</summary>
    public void ReadOn()
    {
        var node = AnyNode();
        for (var records = node.Hangs ? 0 : _random.Next(1, 8); records > 0; records--)
        {
            node.ReadOn(_random);
        }
    }

    public void ReadEverywhere() => _nodes.ForEach(node => node.ReadOn(_random));

    /// <summary>What clients wait for is read again.</summary>
    public void ReadAgain()
    {
        foreach (var node in _nodes.Where(node => node.Log.IsReadingAgain))
        {
            node.Log.ReadAgain(_random);
            node.Touch();
        }
    }

    public void Wait(int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _nodes.ForEach(each => each.Touch());
    }

    public void BeatEverywhere() => _nodes.ForEach(Beat);

    public void Beat(StoryNode node)
    {
        node.Touch();
        for (var slots = _random.Next(1, ConnectionRegistry.HeartbeatSlots); slots > 0; slots--)
        {
            node.FanOut.Heartbeat();
        }
    }

    /// <summary>Somebody writes a record.</summary>
    public void Publish()
    {
        var topic = Any(_topics);
        var partition = _random.Next(topic.Partitions.Count);
        switch (_random.Next(40))
        {
            case 0:
                topic.WritePoison(partition);
                break;
            case 1 or 2:
                topic.WriteMarker(partition);
                break;
            case 3:
                topic.Write(partition, Any(Users), ++_number, _random.Next(_options.Outbox / 8), isTooLarge: false);
                break;
            case 4 when _random.Next(4) == 0:
                topic.Write(partition, Any(Users), ++_number, _options.Outbox, isTooLarge: true);
                break;
            default:
                topic.Write(partition, Users[Math.Min(_random.Next(8), _random.Next(8))], ++_number, _random.Next(100), isTooLarge: false);
                break;
        }
    }

    /// <summary>Every user gets a message.</summary>
    public void PublishToAll() => Array.ForEach(Users, user => _topics[0].Write(0, user, ++_number, 0, isTooLarge: false));

    /// <summary>All goes well from here on.</summary>
    public void Heal()
    {
        foreach (var node in _nodes)
        {
            (node.Hangs, node.Log.IsAway) = (false, false);
        }
    }

    /// <summary>Something happens to a topic or a node.</summary>
    public void Change()
    {
        var topic = Any(_topics);
        var partition = _random.Next(topic.Partitions.Count);
        var (first, end) = (topic.Partitions[partition].First, topic.Ends[partition]);
        switch (_random.Next(13))
        {
            case 0 or 1:
                topic.Remove(partition, first + _random.NextInt64(end - first + 1));
                _tell($"retention: {topic.Epoch}/{partition} begins at {topic.Partitions[partition].First}");
                break;
            case 2 when topic.Partitions.Count < 5:
                topic.AddPartition();
                _tell($"{topic.Epoch} has {topic.Partitions.Count} partitions");
                break;
            case 3 when _random.Next(3) == 0:
                topic.CreateAgain(_random.Next(1, 4));
                _tell($"recreated: {topic.Epoch}");
                break;
            case 4 or 5:
                var hanging = Any(_nodes);
                hanging.Hangs = !hanging.Hangs && _nodes.Count(node => node.Hangs) < _nodes.Count - 1;
                _tell($"node {hanging.Number} {(hanging.Hangs ? "hangs" : "reads")}");
                break;
            case 6:
                var stopping = Any(_nodes);
                _tell($"node {stopping.Number} stops");
                stopping.Stop(_random.Next(2) == 0);
                _nodes.Remove(stopping);
                _stopped.Add(stopping);
                StartNode();
                break;
            case 7:
                var away = Any(_nodes);
                away.Log.IsAway = !away.Log.IsAway;
                Truth.WasAway = true;
                _tell($"node {away.Number} finds the log {(away.Log.IsAway ? "away" : "there")}");
                break;
            case 8 when _random.Next(2) == 0:
                topic.Cut(partition, first + _random.NextInt64(end - first + 1));
                _tell($"{topic.Epoch}/{partition} has lost its end from {topic.Ends[partition]} on");
                break;
            case > 8 when topic.IsCompacted:
                // A reader that is behind the cleaner is not told what it misses, so none is.
                topic.Compact(partition, _nodes.Min(node => node.Log.Next(topic, partition)), _random);
                _tell($"{topic.Epoch}/{partition} is compacted");
                break;
        }
    }

    /// <summary>Returns when the nodes have done what they can do now.</summary>
    public async Task Settle()
    {
        foreach (var node in _nodes.Concat(_stopped))
        {
            await node.Settle();
        }
    }

    public void Dispose()
    {
        foreach (var node in _nodes.Concat(_stopped))
        {
            node.Dispose();
        }
    }

    private void StartNode() => _nodes.Add(new StoryNode(_nodes.Count + _stopped.Count + 1, _topics, _options, _time));

    private T Any<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];
}
