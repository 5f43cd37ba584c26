using System.Text.Json;

namespace RigKafka.Auth;

/// <summary>A claim, found by its name, or by a path of names with dots between them.</summary>
/// <param name="Name">Its own name, the path to it left out.</param>
/// <param name="Value">What the token says.</param>
internal readonly record struct Claim(string Name, JsonElement Value)
{
    /// <summary>Names have dots of their own, so the longest that is there counts: a path is only looked for where no claim has the whole name.</summary>
    public static Claim? Find(JsonElement claims, string path)
    {
        if (claims.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (claims.TryGetProperty(path, out var value))
        {
            return new Claim(path, value);
        }

        for (var dot = path.LastIndexOf('.'); dot > 0; dot = path.LastIndexOf('.', dot - 1))
        {
            if (claims.TryGetProperty(path[..dot], out var inner))
            {
                return Find(inner, path[(dot + 1)..]);
            }
        }

        return null;
    }
}
