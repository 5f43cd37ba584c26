namespace RigKafka.Tests.Support;

/// <summary>One block of an event stream, also one that a browser would not dispatch.</summary>
/// <param name="Id">Its <c>id</c>; null when it has none.</param>
/// <param name="Name">Its <c>event</c>; empty when it has none.</param>
/// <param name="Data">Its lines of <c>data</c>; null when it has none.</param>
/// <param name="Retry">Its <c>retry</c>; null when it has none.</param>
/// <param name="At">When it was read, as a stop watch's timestamp.</param>
internal sealed record SseEvent(string? Id, string Name, string? Data, string? Retry = null, long At = 0)
{
    public bool IsPresence => Name is "presence_state" or "presence_diff";
}
