namespace RigKafka.IntegrationTests.Faults;

/// <summary>Users that are published to all the time, and their open streams; when it is over, the history is checked.</summary>
internal sealed class Traffic : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IReadOnlyList<Publisher> _publishers;
    private readonly Task _publishing;

    private Traffic(IReadOnlyList<Publisher> publishers, IReadOnlyList<Listener> listeners)
    {
        (_publishers, Listeners) = (publishers, listeners);
        _publishing = Task.WhenAll(publishers.Select(publisher => Task.Run(() => publisher.Run(_stop.Token))));
    }

    public IReadOnlyList<Listener> Listeners { get; }

    public TimeSpan Slowest => _publishers.Max(publisher => publisher.Slowest);

    public TimeSpan LongestOutage => _publishers.Max(publisher => publisher.LongestOutage);

    /// <param name="api">Where to publish.</param>
    /// <param name="external">Where to listen, once for each user and each of these.</param>
    /// <param name="users">Users that nobody else publishes to.</param>
    /// <param name="padding">Bytes to add to each message.</param>
    public static async Task<Traffic> Start(Uri api, IReadOnlyList<Uri> external, IReadOnlyList<string> users, int padding = 0)
    {
        var listeners = new List<Listener>();
        foreach (var (user, server) in users.SelectMany(user => external.Select(server => (user, server))))
        {
            listeners.Add(await Listener.Open(server, user));
        }

        return new Traffic([.. users.Select(user => new Publisher(api, user, padding))], listeners);
    }

    /// <summary>Waits until every stream has had some messages.</summary>
    public Task Flow() => Task.WhenAll(Listeners.Select(listener => listener.HearUntil(20)));

    /// <summary>Waits until every publisher was told that a message was not stored, or that nobody knows: while the trouble lasts, a POST is answered.</summary>
    public Task IsToldOfTrouble() => Task.WhenAll(_publishers.Select(publisher => publisher.ToldOfTrouble)).Soon();

    /// <summary>Stops publishing, has every user get one last message, and checks what was heard until then.</summary>
    public async Task<HistoryReport> Finish()
    {
        await _stop.CancelAsync();
        await _publishing.Soon();
        var last = (await Task.WhenAll(_publishers.Select(async publisher => (publisher.User, Number: await publisher.PublishLast())))).ToDictionary(each => each.User, each => each.Number);
        await Task.WhenAll(Listeners.Select(listener => listener.HearUntil(last[listener.Heard.User])));
        return HistoryChecker.Check([.. _publishers.SelectMany(publisher => publisher.Published)], [.. Listeners.Select(listener => listener.Heard)]);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        foreach (var listener in Listeners)
        {
            listener.Dispose();
        }
    }
}
