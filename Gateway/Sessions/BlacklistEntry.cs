using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using RigKafka.Log;

namespace RigKafka.Sessions;

/// <summary>Until when, and which tokens, the blacklist refuses under a key.</summary>
/// <param name="Expires">When it ends; whole milliseconds.</param>
/// <param name="IssuedUntil">
/// Tokens issued later (<c>iat</c>, in whole seconds since the Unix epoch) are let in; tokens that do not say when they were issued are
/// not.
/// </param>
internal readonly record struct BlacklistEntry(DateTimeOffset Expires, long IssuedUntil = BlacklistEntry.Always)
{
    /// <summary>Whenever they were issued.</summary>
    public const long Always = long.MaxValue;

    public bool Covers(long? issuedAt) => issuedAt is not { } time || time <= IssuedUntil;

    /// <summary>What refuses all that one of the two refuses, for as long as the longer of them.</summary>
    public BlacklistEntry Or(BlacklistEntry other) =>
        new(Expires > other.Expires ? Expires : other.Expires, Math.Max(IssuedUntil, other.IssuedUntil));

    /// <summary>As the table holds it.</summary>
    public BlacklistEntry InWholeMilliseconds() => Expires == DateTimeOffset.MaxValue
        ? this
        : this with { Expires = DateTimeOffset.FromUnixTimeMilliseconds(Expires.ToUnixTimeMilliseconds()) };

    public TableEntry ToEntry() =>
        new(IssuedUntil == Always ? [] : Encoding.ASCII.GetBytes(IssuedUntil.ToString(CultureInfo.InvariantCulture)), Expires);

    /// <summary>Null for an entry that says nothing that this version understands.</summary>
    public static BlacklistEntry? Of(TableEntry entry)
    {
        if (entry.Value.Length == 0)
        {
            return new BlacklistEntry(entry.Expires);
        }

        return Utf8Parser.TryParse(entry.Value, out long until, out var read) && read == entry.Value.Length
            ? new BlacklistEntry(entry.Expires, until)
            : null;
    }
}

/// <summary>Who is on the blacklist: a session, or a user with the sessions they had.</summary>
/// <param name="IsUser">Whether it is a user.</param>
/// <param name="Name">The session's <c>jti</c>, or the user's name.</param>
internal readonly record struct BlacklistKey(bool IsUser, string Name)
{
    private const string SessionPrefix = "session:";
    private const string UserPrefix = "user:";

    /// <summary>More of a name than this is left out where it is shown.</summary>
    private const int MostShown = 200;

    /// <summary>What it is, for people.</summary>
    public string Kind => IsUser ? "user" : "session";

    /// <summary>The name for the log: on one line, and not without end.</summary>
    public string Shown => JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(Name.Length <= MostShown ? Name : $"{Name.AsSpan(0, MostShown)}…");

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
