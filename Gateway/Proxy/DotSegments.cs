namespace RigKafka.Proxy;

/// <summary>
/// Finds the segments <c>.</c> and <c>..</c>, in any disguise of percent-encoding and backslashes. A server behind the gateway may resolve them,
/// so that an open path could lead to a secured one; a client resolves them before it sends (RFC 3986, section 5.2.4).
/// </summary>
internal static class DotSegments
{
    public static bool AreIn(string path)
    {
        if (!path.Contains('.') && !path.Contains("%2e", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var decoded = path.Contains('%') ? Uri.UnescapeDataString(path) : path;
        foreach (var part in decoded.AsSpan().SplitAny('/', '\\'))
        {
            if (decoded.AsSpan()[part] is "." or "..")
            {
                return true;
            }
        }

        return false;
    }
}
