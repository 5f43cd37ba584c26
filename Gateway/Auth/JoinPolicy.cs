using RigKafka.Messages;

namespace RigKafka.Auth;

/// <summary>Who may listen to what: everyone to their own user topic, privileged roles to every user and role.</summary>
internal sealed class JoinPolicy(AuthOptions options)
{
    private static readonly JoinDecision Joined = new(true, "{}");
    private static readonly JoinDecision Unmatched = new(false, """{"reason":"unmatched topic"}""");

    private readonly HashSet<string> _privileged = [.. options.PrivilegedRoles];

    public JoinDecision Decide(Identity identity, string topic)
    {
        var ofUser = topic.StartsWith(Topic.UserPrefix, StringComparison.Ordinal);
        if (!ofUser && !topic.StartsWith(Topic.RolePrefix, StringComparison.Ordinal))
        {
            return Unmatched;
        }

        if (identity is not { User: { } user, Roles: { } roles })
        {
            return Crashed(identity);
        }

        var own = ofUser && topic.AsSpan(Topic.UserPrefix.Length).SequenceEqual(user);
        return own || roles.Any(_privileged.Contains) ? Joined : Denied(identity, topic);
    }

    /// <summary>The reason is the original's, which said no more.</summary>
    private JoinDecision Crashed(Identity identity) =>
        new(false, $$"""{"reason":"join crashed","message":{{RelaxedJson.Quote(TokenAdvice.Notes(identity, options).First().Sentence)}}}""");

    /// <summary>A bare text, not an object: front-ends of the original show it as it is.</summary>
    private static JoinDecision Denied(Identity identity, string topic)
    {
        var id = identity.UserIsNumber ? identity.User : $"\"{identity.User}\"";
        var text = $"unauthorized user with id {id} tried to join \"{topic}\"!";
        return new JoinDecision(false, RelaxedJson.Quote(text));
    }
}

/// <summary>Whether a client may listen to a topic.</summary>
/// <param name="Allowed">The reply's <c>status</c>: <c>ok</c> or <c>error</c>.</param>
/// <param name="Response">The reply's <c>response</c>, as JSON on one line.</param>
internal readonly record struct JoinDecision(bool Allowed, string Response);
