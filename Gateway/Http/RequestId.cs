namespace RigKafka.Http;

/// <summary>The name that a request is answered under: the caller's, where it gave a usable one, else a random one.</summary>
internal static class RequestId
{
    public const string Header = "x-request-id";

    private const int MinLength = 20;
    private const int MaxLength = 200;
    private const int RandomLength = 32;

    public static void Set(HttpContext context)
    {
        var asked = context.Request.Headers[Header];
        context.Response.Headers[Header] = asked.Count > 0 && IsUsable(asked[0]) ? asked[0] : Random();
    }

    /// <summary>Only what a response header can hold is echoed.</summary>
    private static bool IsUsable(string? id)
        => id is { Length: >= MinLength and <= MaxLength } && !id.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static string Random() => string.Create(RandomLength, System.Random.Shared, static (chars, random) => random.GetItems("0123456789abcdefghijklmnopqrstuv", chars));
}
