using RigKafka.Auth;

namespace RigKafka.Proxy;

/// <summary>The token that a call was let in with.</summary>
internal sealed record CallToken(string Text, Identity Identity);
