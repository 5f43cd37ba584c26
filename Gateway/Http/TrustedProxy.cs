namespace RigKafka.Http;

/// <summary>The mark on a request that came from a proxy whose word is taken, whatever address it then gave.</summary>
internal sealed class TrustedProxy
{
    private static readonly TrustedProxy Mark = new();

    private TrustedProxy()
    {
    }

    public static bool Sent(HttpContext context) => context.Features.Get<TrustedProxy>() is not null;

    public static void MarkRequest(HttpContext context) => context.Features.Set(Mark);
}
