namespace RigKafka.Http;

/// <summary>
/// Marks a route of the API whose requests are handled on the thread that polled their socket, see docs/decisions/0006-wake-ups.md. What it
/// does must be short, since that thread has other sockets to look after.
/// </summary>
internal sealed class HandledAtOnce
{
    public static readonly HandledAtOnce Mark = new();

    /// <summary>Handles a request, where it is not marked on a thread of the pool.</summary>
    public static Task Invoke(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<HandledAtOnce>() is null ? InvokeLater(context, next) : next(context);

    private static async Task InvokeLater(HttpContext context, RequestDelegate next)
    {
        await Task.Yield();
        await next(context);
    }
}
