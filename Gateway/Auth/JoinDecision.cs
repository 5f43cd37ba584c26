namespace RigKafka.Auth;

/// <summary>Whether a client may listen to a topic.</summary>
/// <param name="Allowed">The reply's <c>status</c>: <c>ok</c> or <c>error</c>.</param>
/// <param name="Response">The reply's <c>response</c>, as JSON on one line.</param>
internal readonly record struct JoinDecision(bool Allowed, string Response);
