using System.Collections.Concurrent;
using RigKafka.Log;

namespace RigKafka.Apis;

/// <summary>
/// The definitions in force, the same on every node: each folds the writes of the table in the same order, and of two writes that were made without
/// knowing of each other the first one counts. The topic is compacted, though, and keeps the last: so whoever finds its own write refused puts
/// back what is in force.
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

    /// <summary>In which era of the table each definition came into force. For <see cref="OnChange"/> alone.</summary>
    private readonly Dictionary<string, int> _eras = [];

    private readonly Lock _building = new();
    private volatile RouteTable _routes = RouteTable.Empty;
    private volatile bool _isStale;

    public ApiTable([FromKeyedServices(Name)] ITable table, DefinitionReader reader, IConfiguration environment, ILogger<ApiTable> logger)
    {
        (_table, _reader, _environment, _logger) = (table, reader, environment, logger);
        table.Watch(OnChange);
    }

    /// <summary>Completes when every definition is here that was written before this node started.</summary>
    public Task CaughtUp => _table.CaughtUp;

    public IEnumerable<StoredApi> All => _apis.Values;

    /// <summary>The routes of the definitions in force now; made anew by whoever first asks after a change, while the others go on with those of before.</summary>
    public RouteTable Routes
    {
        get
        {
            if (_isStale)
            {
                Renew();
            }

            return _routes;
        }
    }

    /// <summary>Afterwards nobody takes the routes of before any more.</summary>
    public void Renew()
    {
        lock (_building)
        {
            if (_isStale)
            {
                _isStale = false;
                _routes = new RouteTable(InOrder());
            }
        }
    }

    public StoredApi? Find(string id) => _apis.GetValueOrDefault(id);

    /// <summary>Writes a definition; says, when it was stored, whether it came into force or another write had come first.</summary>
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
                await PutBack(api.Definition.Id);
            }

            return (outcome, isAccepted);
        }
        finally
        {
            _accepted.TryRemove(api.Write, out _);
        }
    }

    private Task<AppendOutcome> Put(StoredApi api) => _table.Put(api.Definition.Id, new TableEntry(api.ToBytes(), DateTimeOffset.MaxValue));

    /// <summary>Until the last write of an id is the one in force.</summary>
    private async Task PutBack(string id)
    {
        for (var attempt = 0; attempt < MaxAttempts && _apis.TryGetValue(id, out var inForce); attempt++)
        {
            if (await Put(inForce) != AppendOutcome.Stored)
            {
                LogNotPutBack(id);
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
            LogUnreadable(change.Key, mistakes.Count > 0 ? mistakes[0] : "its id is not its key");
            return;
        }

        // Where the table's log was lost, whoever wrote to the new one counted from the beginning.
        if (_apis.TryGetValue(change.Key, out var present) && _eras[change.Key] >= change.Era && present.Revision >= api.Revision)
        {
            return;
        }

        _eras[change.Key] = change.Era;
        _apis[change.Key] = api;
        _isStale = true;
        _accepted.TryUpdate(api.Write, true, false);
    }

    private IEnumerable<ApiRoute> InOrder()
    {
        var order = 0;
        foreach (var api in _apis.Values.Select(stored => stored.Definition).Where(api => api.Active).OrderBy(api => api.Id, StringComparer.Ordinal))
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

    [LoggerMessage(1701, LogLevel.Warning, "The API definition {Id}: two were written at once, and the one in force could not be put back.", EventName = "ApiNotPutBack")]
    private partial void LogNotPutBack(string id);
}
