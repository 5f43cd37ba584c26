namespace RigKafka.Apis;

/// <summary>
/// All routes at one moment, found by method and path. It never changes: a change of the definitions makes a new table. Each segment of a
/// path costs one lookup in a dictionary, whatever the number of routes.
/// </summary>
internal sealed class RouteTable
{
    public static readonly RouteTable Empty = new([]);

    private readonly Dictionary<string, RouteNode> _roots = new(StringComparer.Ordinal);

    public RouteTable(IEnumerable<ApiRoute> inOrder)
    {
        foreach (var route in inOrder)
        {
            if (!_roots.TryGetValue(route.Endpoint.Method, out var root))
            {
                root = new RouteNode();
                _roots.Add(route.Endpoint.Method, root);
            }

            root.Add(route, route.Endpoint.Path.Segments.AsSpan());
            Count++;
        }
    }

    public int Count { get; }

    /// <param name="method">The method; case counts.</param>
    /// <param name="path">The decoded path, which begins with a slash.</param>
    public ApiRoute? Find(string method, string path)
    {
        ApiRoute? best = null;
        if (path.Length > 0 && _roots.TryGetValue(method, out var root))
        {
            root.Find(path, ref best);
        }

        return best;
    }

    /// <summary>
    /// The route that takes a call. A HEAD goes where a GET would (RFC 9110, section 9.3.2) if no endpoint takes it; the original made a
    /// GET of every HEAD.
    /// </summary>
    public ApiRoute? Route(string method, string path) =>
        Find(method, path) ?? (HttpMethods.IsHead(method) ? Find(HttpMethods.Get, path) : null);

    /// <summary>The methods for which there is a route for this path.</summary>
    public IEnumerable<string> MethodsOf(string path) => _roots.Keys.Where(method => Find(method, path) is not null);
}

/// <summary>One endpoint in the table of routes.</summary>
/// <param name="Order">The place in the order of matching; the lowest wins.</param>
/// <param name="Definition">The API that the endpoint belongs to.</param>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Address">
/// Scheme, host and port of the service; null if the call goes to Kafka, or if the definition gives no address.
/// </param>
internal sealed record ApiRoute(int Order, ApiDefinition Definition, EndpointDefinition Endpoint, string? Address)
{
    /// <summary>Whether a call needs a token.</summary>
    public bool IsSecured => Definition.Auth is not null && !Endpoint.NotSecured;

    /// <summary>The name of the service or Kafka topic for rate limits and log lines.</summary>
    public string TargetName { get; } = Endpoint.Kafka is { } kafka ? $"kafka:{kafka.Topic}" : Definition.Target!.Name;
}
