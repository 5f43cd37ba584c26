using Microsoft.Extensions.Time.Testing;
using RigKafka.Connections;
using RigKafka.Delivery;

namespace RigKafka.Tests.Delivery;

/// <summary>
/// A story that a seed tells: publishers, nodes that read at their own pace, and clients that stop and come back. One step after the other,
/// as the seed says; whatever threads the nodes use have mostly come to rest in between.
/// </summary>
internal sealed class ResumeStory : IAsyncDisposable
{
    private const int Steps = 2_500;

    private readonly Random _random;
    private readonly FakeTimeProvider _time = new();
    private readonly ResumeTruth _truth = new();
    private readonly StoryTopic[] _topics;
    private readonly StoryOptions _options;
    private readonly List<StoryNode> _nodes = [];
    private readonly List<StoryNode> _stopped = [];
    private readonly List<StoryClient> _clients = [];
    private readonly List<string> _told = [];
    private readonly string[] _users = [.. Enumerable.Range(0, 8).Select(user => $"u{user}")];
    private readonly bool _settles;
    private long _number;
    private int _nodesStarted;

    public ResumeStory(int seed)
    {
        _random = new Random(seed);
        _settles = _random.Next(4) > 0;
        _topics = [.. Enumerable.Range(0, _random.Next(1, 3)).Select(index => new StoryTopic(_truth, (uint)index + 1, _random.Next(1, 4)))];
        _options = new StoryOptions(
            _random.Next(1, 3),
            1 << _random.Next(13, 17),
            new ResumeOptions
            {
                HistoryMaxBytes = _random.Next(6) switch { 0 => 0, 1 => 1 << 20, _ => _random.Next(1 << 10, 1 << 15) },
                MaxBytes = _random.Next(4) == 0 ? 1 << 13 : 1 << 24,
                MaxRecords = _random.Next(4) == 0 ? 50 : 1_000_000,
            });
        for (var i = _random.Next(2, 4); i > 0; i--)
        {
            StartNode();
        }

        for (var i = 0; i < 12; i++)
        {
            AddClient(i);
        }

        Tell($"{_topics.Length} topics, {_nodes.Count} nodes, {_options}, history {_options.Resume.HistoryMaxBytes}");
    }

    public IEnumerable<string> Told => _told;

    public IEnumerable<ResumeFault> Faults => _clients.SelectMany(client => client.Faults);

    public ResumeTotals Totals => ResumeTotals.Of(
        _truth.Count, [.. _clients.SelectMany(client => client.Views)], [.. Faults], _nodes.Concat(_stopped).Sum(node => node.Replayed));

    /// <summary>Tells the story until it is over, or something is wrong.</summary>
    public async Task Run()
    {
        for (var step = 0; step < Steps && !Faults.Any(); step++)
        {
            Step();
            if (_random.Next(_settles ? 4 : 30) == 0)
            {
                await Settle();
            }
        }

        if (!Faults.Any())
        {
            await ComeToRest();
            _clients.ForEach(client => client.Views.ToList().ForEach(view => view.End()));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Go(_random));
        await Settle();
        foreach (var node in _nodes.Concat(_stopped))
        {
            node.Dispose();
        }
    }

    private void Step()
    {
        switch (_random.Next(1000))
        {
            case < 350:
                Publish();
                break;
            case < 720:
                var node = Any(_nodes);
                for (var records = node.Hangs ? 0 : _random.Next(1, 8); records > 0; records--)
                {
                    node.ReadOn(_random);
                }

                break;
            case < 800:
                _nodes.ForEach(ReadAgain);
                break;
            case < 850:
                _time.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 200)));
                _nodes.ForEach(each => each.Touch());
                break;
            case < 880:
                Beat(Any(_nodes));
                break;
            case < 985:
                StepOfClient(Any(_clients));
                break;
            default:
                StepOfFate();
                break;
        }
    }

    private void StepOfClient(StoryClient client)
    {
        if (client.IsBusy)
        {
            return;
        }

        if (!client.IsThere)
        {
            client.Go(_random);
            var node = Any(_nodes);
            Tell($"{client.Name} comes to node {node.Number}");
            client.ComeTo(node);
            return;
        }

        switch (_random.Next(10))
        {
            case < 3:
                Tell($"{client.Name} goes");
                client.Go(_random);
                break;
            case < 6:
                client.Change(_random);
                client.Node!.Touch();
                break;
            case 6:
                client.Read(_random.Next(2_000));
                break;
            default:
                client.Read(long.MaxValue);
                break;
        }
    }

    private void StepOfFate()
    {
        var topic = Any(_topics);
        switch (_random.Next(9))
        {
            case 0 or 1:
                var partition = _random.Next(topic.Partitions.Count);
                var (first, end) = (topic.Partitions[partition].First, topic.Ends[partition]);
                topic.Remove(partition, first + _random.NextInt64(end - first + 1));
                Tell($"retention: {topic.Epoch}/{partition} begins at {topic.Partitions[partition].First}");
                break;
            case 2 when topic.Partitions.Count < 5:
                topic.AddPartition();
                Tell($"{topic.Epoch} has {topic.Partitions.Count} partitions");
                break;
            case 3 when _random.Next(3) == 0:
                topic.CreateAgain(_random.Next(1, 4));
                Tell($"recreated: {topic.Epoch}");
                break;
            case 4 or 5:
                var hanging = Any(_nodes);
                hanging.Hangs = !hanging.Hangs && _nodes.Count(node => node.Hangs) < _nodes.Count - 1;
                Tell($"node {hanging.Number} {(hanging.Hangs ? "hangs" : "reads")}");
                break;
            case 6:
                var stopping = Any(_nodes);
                Tell($"node {stopping.Number} stops");
                stopping.Stop(_random.Next(2) == 0);
                _nodes.Remove(stopping);
                _stopped.Add(stopping);
                StartNode();
                break;
            case 7:
                var away = Any(_nodes);
                away.Log.IsAway = !away.Log.IsAway;
                _truth.WasAway = true;
                Tell($"node {away.Number} finds the log {(away.Log.IsAway ? "away" : "there")}");
                break;
        }
    }

    private void Publish()
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
                topic.Write(partition, Any(_users), ++_number, _random.Next(_options.Outbox / 8), isTooLarge: false);
                break;
            case 4 when _random.Next(4) == 0:
                topic.Write(partition, Any(_users), ++_number, _options.Outbox, isTooLarge: true);
                break;
            default:
                topic.Write(partition, _users[Math.Min(_random.Next(8), _random.Next(8))], ++_number, _random.Next(100), isTooLarge: false);
                break;
        }
    }

    private void Beat(StoryNode node)
    {
        node.Touch();
        for (var slots = _random.Next(1, ConnectionRegistry.HeartbeatSlots); slots > 0; slots--)
        {
            node.FanOut.Heartbeat();
        }
    }

    private void ReadAgain(StoryNode node)
    {
        if (node.Log.IsReadingAgain)
        {
            node.Log.ReadAgain(_random);
            node.Touch();
        }
    }

    private void StartNode() => _nodes.Add(new StoryNode(++_nodesStarted, _topics, _options, _time));

    private void AddClient(int number)
    {
        var users = _users.OrderBy(_ => _random.Next()).ToArray();
        var name = $"client{number}";
        if (number % 2 == 0)
        {
            HashSet<string> mine = [.. users.Take(_random.Next(1, 5))];
            List<string> topics = [.. mine.Select(user => $"user:{user}")];
            if (_random.Next(3) == 0)
            {
                topics.Insert(0, "role:support");
            }

            StoryClient? stream = null;
            stream = new StoryStream(name, new ResumeView(name, _truth, mine, IsJustified(() => stream!, 1)), topics);
            _clients.Add(stream);
            return;
        }

        StoryClient? socket = null;
        var views = users.Take(3).ToDictionary(
            user => $"user:{user}",
            user => new ResumeView($"{name}/{user}", _truth, new HashSet<string> { user }, IsJustified(() => socket!, 4)));
        socket = new StorySocket(name, views, [$"user:{users[3]}", "role:support"], 1 + (_random.Next(2)));
        _clients.Add(socket);
    }

    /// <summary>Whether a client may be told a gap that is not the log's. Its frames have half an outbox, or a share of that.</summary>
    private JustifiedGap IsJustified(Func<StoryClient> client, int share) => (reason, missed, records) => reason switch
    {
        "too_much" => records > _options.Resume.MaxRecords || client().IsSlow || _options.Resume.MaxBytes < _options.Outbox
            || missed.Sum(message => Math.Min(message.Bytes, _options.Outbox) + 600) > (_options.Outbox / 2 / share) - 1_000,
        _ => false,
    };

    private async Task Settle()
    {
        foreach (var node in _nodes.Concat(_stopped))
        {
            await node.Settle();
        }

        _clients.ForEach(client => client.Look());
    }

    /// <summary>All goes well from here on, until every client has everything, or nothing changes that any more.</summary>
    private async Task ComeToRest()
    {
        Tell("comes to rest");
        foreach (var node in _nodes)
        {
            (node.Hangs, node.Log.IsAway) = (false, false);
        }

        for (var round = 0; round < 300; round++)
        {
            if (round is 5 or 15)
            {
                Array.ForEach(_users, user => _topics[0].Write(0, user, ++_number, 0, isTooLarge: false));
            }

            for (var i = 0; i < 100; i++)
            {
                _nodes.ForEach(node => node.ReadOn(_random));
                _nodes.ForEach(ReadAgain);
            }

            foreach (var client in _clients.Where(client => !client.IsBusy))
            {
                client.Read(long.MaxValue);
                if (!client.IsThere)
                {
                    client.Go(_random);
                    client.ComeTo(Any(_nodes));
                }
                else if (!client.IsWhole)
                {
                    client.Mend();
                }
            }

            _time.Advance(TimeSpan.FromMilliseconds(100));
            _nodes.ForEach(Beat);
            await Settle();
            if (round > 20 && _nodes.TrueForAll(node => node.Log is { IsAtEnd: true, IsReadingAgain: false })
                && _clients.TrueForAll(client => client is { IsWhole: true, IsBusy: false } && client.Views.All(view => !view.Outstanding().Any())))
            {
                return;
            }
        }
    }

    private T Any<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    private void Tell(string what) => _told.Add(what);
}
