namespace RigKafka.Apis;

/// <summary>
/// Every route of one moment, found by method and path. It never changes; a change of definitions makes another one. Each step along a path is
/// one look into a dictionary, whatever the number of routes, so that the first in order is found without trying them one by one.
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

    /// <param name="method">The method; one that differs in case is another.</param>
    /// <param name="path">The path, decoded, a slash first.</param>
    public ApiRoute? Find(string method, string path)
    {
        ApiRoute? best = null;
        if (path.Length > 0 && _roots.TryGetValue(method, out var root))
        {
            root.Find(path, ref best);
        }

        return best;
    }

    /// <summary>Whether there is a route for this path with any method.</summary>
    public bool Knows(string path) => _roots.Keys.Any(method => Find(method, path) is not null);
}
