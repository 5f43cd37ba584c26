using System.Collections.Concurrent;
using RigKafka.Log;

namespace RigKafka.Apis;

/// <summary>
/// The definitions in force, the same on every node: each node applies the writes of the table in the same order, and of two concurrent
/// writes the first one wins. The topic is compacted, though, and keeps the last one. So a node whose own write lost writes the definition
/// in force again.
/// </summary>
internal sealed partial class ApiTable
{
    public const string Name = "apis";

    private const int MaxAttempts = 10;

    private readonly ITable _table;
    private readonly DefinitionReader _reader;
    private readonly IConfiguration _environment;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, StoredApi> _apis = new();
    private readonly ConcurrentDictionary<string, bool> _accepted = new();

    /// <summary>The era of the table in which each definition came into force. Only <see cref="OnChange"/> uses it.</summary>
    private readonly Dictionary<string, int> _eras = [];

    private readonly Lock _building = new();
    private volatile RouteTable _routes = RouteTable.Empty;
    private volatile bool _isStale;
    private volatile bool _isReady;

    public ApiTable([FromKeyedServices(Name)] ITable table, DefinitionReader reader, IConfiguration environment, ILogger<ApiTable> logger)
    {
        (_table, _reader, _environment, _logger) = (table, reader, environment, logger);
        table.Watch(OnChange);
    }

    /// <summary>Completes when this node has read every definition that was written before it started.</summary>
    public Task CaughtUp => _table.CaughtUp;

    /// <summary>
    /// Whether the definitions in force are known: the table is read, and the definitions of the file at start are in it or were tried
    /// once.
    /// </summary>
    public bool IsReady => _isReady;

    public IEnumerable<StoredApi> All => _apis.Values;

    /// <summary>The definitions that are routed and listed, in the order of their ids.</summary>
    public IEnumerable<ApiDefinition> Active
        => _apis.Values.Select(stored => stored.Definition).Where(api => api.Active).OrderBy(api => api.Id, StringComparer.Ordinal);

    /// <summary>
    /// The routes of the definitions in force. After a change the first caller builds them; meanwhile the others get the previous ones.
    /// </summary>
    public RouteTable Routes
    {
        get
        {
            if (_isStale)
            {
                RebuildRoutes();
            }

            return _routes;
        }
    }

    /// <summary>Afterwards no caller gets the previous routes any more.</summary>
    public void RebuildRoutes()
    {
        lock (_building)
        {
            if (_isStale)
            {
                _isStale = false;
                _routes = new RouteTable(RoutesInOrder());
            }
        }
    }

    public void MarkReady() => _isReady = true;

    public StoredApi? Find(string id) => _apis.GetValueOrDefault(id);

    /// <summary>Writes a definition. If it was stored, it was accepted, or another write had come first.</summary>
    public async Task<(AppendOutcome Outcome, bool Accepted)> Write(StoredApi api)
    {
        _accepted[api.Write] = false;
        try
        {
            var outcome = await Put(api);
            if (outcome != AppendOutcome.Stored)
            {
                return (outcome, false);
            }

            var isAccepted = _accepted[api.Write];
            if (!isAccepted)
            {
                await RestoreInForce(api.Definition.Id);
            }

            return (outcome, isAccepted);
        }
        finally
        {
            _accepted.TryRemove(api.Write, out _);
        }
    }

    private Task<AppendOutcome> Put(StoredApi api) => _table.Put(api.Definition.Id, new TableEntry(api.ToBytes(), DateTimeOffset.MaxValue));

    /// <summary>Writes the definition in force again, until the last write of its id is that one.</summary>
    private async Task RestoreInForce(string id)
    {
        for (var attempt = 0; attempt < MaxAttempts && _apis.TryGetValue(id, out var inForce); attempt++)
        {
            if (await Put(inForce) != AppendOutcome.Stored)
            {
                LogNotRestored(id);
                return;
            }

            if (_apis.TryGetValue(id, out var now) && now.Write == inForce.Write)
            {
                return;
            }
        }
    }

    private void OnChange(TableChange change)
    {
        if (change.Entry is not { } entry)
        {
            _apis.TryRemove(change.Key, out _);
            _isStale = true;
            return;
        }

        var mistakes = new List<string>();
        if (StoredApi.TryRead(entry.Value, _reader, mistakes) is not { } api || api.Definition.Id != change.Key)
        {
            LogUnreadable(change.Key, mistakes.Count > 0 ? mistakes[0] : "its id differs from its key");
            return;
        }

        // After a loss of the table's log the revisions began again.
        if (_apis.TryGetValue(change.Key, out var present) && _eras[change.Key] >= change.Era && present.Revision >= api.Revision)
        {
            return;
        }

        _eras[change.Key] = change.Era;
        _apis[change.Key] = api;
        _isStale = true;
        _accepted.TryUpdate(api.Write, true, false);
    }

    private IEnumerable<ApiRoute> RoutesInOrder()
    {
        var order = 0;
        foreach (var api in Active)
        {
            var address = api.Target?.Address(_environment);
            foreach (var endpoint in api.Endpoints)
            {
                yield return new ApiRoute(order++, api, endpoint, address);
            }
        }
    }

    [LoggerMessage(1700, LogLevel.Warning, "The API definition {Id} in the table is skipped: {Reason}", EventName = "ApiUnreadable")]
    private partial void LogUnreadable(string id, string reason);

    [LoggerMessage(1701, LogLevel.Warning,
        "Two nodes wrote the API definition {Id} at once, and the one in force could not be written again.",
        EventName = "ApiNotPutBack")]
    private partial void LogNotRestored(string id);
}
