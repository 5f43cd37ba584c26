namespace RigKafka.Sessions;

/// <summary>Who is on the blacklist: a session, or a user with the sessions they had.</summary>
/// <param name="IsUser">Whether it is a user.</param>
/// <param name="Name">The session's <c>jti</c>, or the user's name.</param>
internal readonly record struct BlacklistKey(bool IsUser, string Name)
{
    private const string SessionPrefix = "session:";
    private const string UserPrefix = "user:";

    /// <summary>The key in the table.</summary>
    public string Text => (IsUser ? UserPrefix : SessionPrefix) + Name;

    public static BlacklistKey OfSession(string session) => new(false, session);

    public static BlacklistKey OfUser(string user) => new(true, user);

    public static BlacklistKey? TryParse(string text) => text switch
    {
        _ when text.StartsWith(SessionPrefix, StringComparison.Ordinal) => OfSession(text[SessionPrefix.Length..]),
        _ when text.StartsWith(UserPrefix, StringComparison.Ordinal) => OfUser(text[UserPrefix.Length..]),
        _ => null,
    };
}
