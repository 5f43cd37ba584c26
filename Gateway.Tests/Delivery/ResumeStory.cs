using RigKafka.Delivery;

namespace RigKafka.Tests.Delivery;

/// <summary>
/// A story that a seed tells: publishers, nodes that read at their own pace, and clients that stop and come back. One step after the other,
/// as the seed says; whatever threads the nodes use have mostly come to rest in between.
/// </summary>
internal sealed class ResumeStory : IAsyncDisposable
{
    private const int Steps = 2_500;
    private const int LittleRoom = 1 << 13;
    private const int FewRecords = 50;

    /// <summary>How many times the records of one client those of a user may be in a minute, which is longer than a story.</summary>
    private const int TimesAMinute = 4;

    /// <summary>In how many passes a client may take part for one resume.</summary>
    private const int MostPasses = 3;

    private readonly Random _random;
    private readonly StoryOptions _options;
    private readonly StoryWorld _world;
    private readonly List<StoryClient> _clients = [];
    private readonly List<string> _told = [];
    private readonly bool _settles;

    public ResumeStory(int seed)
    {
        _random = new Random(seed);
        _settles = _random.Next(4) > 0;
        _options = new StoryOptions(
            _random.Next(1, 3),
            1 << _random.Next(13, 17),
            new ResumeOptions
            {
                HistoryMaxBytes = _random.Next(6) switch { 0 => 0, 1 => 1 << 20, _ => _random.Next(1 << 10, 1 << 15) },
                MaxBytes = _random.Next(4) == 0 ? LittleRoom : 1 << 24,
                MaxRecords = _random.Next(4) == 0 ? FewRecords : 1_000_000,
            });
        _world = new StoryWorld(_random, _options, _told.Add);
        for (var i = 0; i < 12; i++)
        {
            AddClient(i);
        }
    }

    public IEnumerable<string> Told => _told;

    public IEnumerable<ResumeFault> Faults => _clients.SelectMany(client => client.Faults);

    public ResumeTotals Totals => ResumeTotals.Of(
        _world.Truth.Count, [.. _clients.SelectMany(client => client.Views)], [.. Faults], _world.Replayed);

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
        _world.Dispose();
    }

    private void Step()
    {
        switch (_random.Next(1000))
        {
            case < 350:
                _world.Publish();
                break;
            case < 720:
                _world.ReadOn();
                break;
            case < 800:
                _world.ReadAgain();
                break;
            case < 850:
                _world.Wait(_random.Next(1, 200));
                break;
            case < 880:
                _world.Beat(_world.AnyNode());
                break;
            case < 985:
                StepOfClient(_clients[_random.Next(_clients.Count)]);
                break;
            default:
                _world.Change();
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
            var node = _world.AnyNode();
            _told.Add($"{client.Name} comes to node {node.Number}");
            client.ComeTo(node);
            return;
        }

        switch (_random.Next(10))
        {
            case < 3:
                _told.Add($"{client.Name} goes");
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

    private void AddClient(int number)
    {
        var users = StoryWorld.Users.OrderBy(_ => _random.Next()).ToArray();
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
            stream = new StoryStream(name, new ResumeView(name, _world.Truth, mine, IsJustified(() => stream!, 1)), topics);
            _clients.Add(stream);
            return;
        }

        StorySocket? socket = null;
        // No two sockets are of one user, so that each has all that its user may read once more.
        users = [StoryWorld.Users[number / 2], .. users.Where(user => user != StoryWorld.Users[number / 2])];
        var views = users.Take(3).ToDictionary(
            user => $"user:{user}",
            user => new ResumeView($"{name}/{user}", _world.Truth, new HashSet<string> { user }, IsJustified(() => socket!, 4)));
        var (others, vsn) = (new[] { $"user:{users[3]}", "role:support" }, 1 + _random.Next(2));
        socket = number % 4 == 1
            ? new StorySocket(name, users[0], views, others, vsn)
            : new StoryPolling(name, users[0], views, others, vsn);
        _clients.Add(socket);
    }

    /// <summary>
    /// Whether a client may be told a gap that is not the log's: where one client may not need as many records, nor a user in a minute,
    /// or there is no room for as many bytes, neither for all clients nor for this one. Its frames have half an outbox, in which there may
    /// be those of its other channels.
    /// </summary>
    private JustifiedGap IsJustified(Func<StoryClient> client, int share) => (reason, missed, records) => reason == "too_much"
        && (client().IsSlow
            || records > _options.Resume.MaxRecords
            || MostPasses * client().Node!.RecordsFor(client().User) > TimesAMinute * _options.Resume.MaxRecords
            || client().Node!.HeldBytes > _options.Resume.MaxBytes
            || client().Node!.HeldBytesFor(client()) > (_options.Outbox / 2) - 1_000
            || missed.Sum(message => Math.Min(message.Bytes, _options.Outbox) + ResumeView.FrameBytes) > (_options.Outbox / 2 / share) - 1_000);

    private async Task Settle()
    {
        await _world.Settle();
        _clients.ForEach(client => client.Look());
    }

    /// <summary>All goes well from here on, until every client has everything, or nothing changes that any more.</summary>
    private async Task ComeToRest()
    {
        _told.Add("comes to rest");
        _world.Heal();

        for (var round = 0; round < 300; round++)
        {
            if (round is 5 or 15)
            {
                _world.PublishToAll();
            }

            for (var i = 0; i < 100; i++)
            {
                _world.ReadEverywhere();
                _world.ReadAgain();
            }

            foreach (var client in _clients.Where(client => !client.IsBusy))
            {
                client.Read(long.MaxValue);
                if (!client.IsThere)
                {
                    client.Go(_random);
                    client.ComeTo(_world.AnyNode());
                }
                else if (!client.IsWhole)
                {
                    client.Mend();
                }
            }

            _world.Wait(100);
            _world.BeatEverywhere();
            await Settle();
            if (round > 20 && _world.IsAtRest && _clients.TrueForAll(HasEverything))
            {
                return;
            }
        }
    }

    private static bool HasEverything(StoryClient client) =>
        client is { IsWhole: true, IsBusy: false } && client.Views.All(view => !view.Outstanding().Any());
}
