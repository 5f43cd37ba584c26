namespace RigKafka.Apis;

/// <summary>A node of the tree of routes: what may follow the segments of a path so far.</summary>
internal sealed class RouteNode
{
    private Dictionary<string, RouteNode>? _literals;
    private Dictionary<string, RouteNode>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private RouteNode? _parameter;
    private ApiRoute? _route;

    /// <summary>The lowest order of the routes here and below.</summary>
    private int _lowest = int.MaxValue;

    /// <summary>Adds a route. The caller adds them in their order.</summary>
    public void Add(ApiRoute route, ReadOnlySpan<string?> segments)
    {
        _lowest = Math.Min(_lowest, route.Order);
        if (segments.IsEmpty)
        {
            _route ??= route;
            return;
        }

        Child(segments[0]).Add(route, segments[1..]);
    }

    /// <summary>Looks for a route that comes before the best one so far.</summary>
    /// <param name="rest">What is left of the path: empty, or a slash and what follows it.</param>
    /// <param name="best">The best route so far, if any.</param>
    public void Find(ReadOnlySpan<char> rest, ref ApiRoute? best)
    {
        if (best is not null && best.Order < _lowest)
        {
            return;
        }

        if (rest.IsEmpty)
        {
            if (_route is not null && (best is null || _route.Order < best.Order))
            {
                best = _route;
            }

            return;
        }

        var end = rest[1..].IndexOf('/');
        var segment = end < 0 ? rest[1..] : rest.Slice(1, end);
        var next = end < 0 ? default : rest[(end + 1)..];
        if (_literals is not null && _lookup.TryGetValue(segment, out var literal))
        {
            literal.Find(next, ref best);
        }

        if (!segment.IsEmpty)
        {
            _parameter?.Find(next, ref best);
        }
    }

    private RouteNode Child(string? segment)
    {
        if (segment is null)
        {
            return _parameter ??= new RouteNode();
        }

        if (_literals is null)
        {
            _literals = new Dictionary<string, RouteNode>(StringComparer.Ordinal);
            _lookup = _literals.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        if (!_literals.TryGetValue(segment, out var child))
        {
            child = new RouteNode();
            _literals.Add(segment, child);
        }

        return child;
    }
}
