using RigKafka.Http;
using RigKafka.Log;

namespace RigKafka.Sessions;

/// <summary>Puts sessions and users on the blacklist, takes them off, and shows who is on it.</summary>
internal sealed partial class BlacklistEndpoints(
    Blacklist blacklist,
    DefaultExpiry defaults,
    TokenGate tokens,
    ApiTokenOptions apiTokens,
    TimeProvider time,
    ILogger<BlacklistEndpoints> logger)
{
    private const string Session = "jti";
    private const string User = "user";
    private const int DefaultLimit = 100;
    /// <summary>What callers are told before this node knows who is on it.</summary>
    public const string NotCaughtUp = "This node has not read the blacklist yet.";

    private const string NotWritten = "Not stored: in force on this node, but not on the others, and not after a restart.";
    private const string Undecided = "Outcome unknown: in force on this node; it may come into force on the others.";
    private const string NotRemoved = "Not stored: still on the blacklist.";
    private const string RemovalUndecided = "Outcome unknown: it may be off the blacklist or not.";
    private const string TooLarge = "Not stored: the name is too long for the blacklist; in force on this node only.";

    /// <summary><c>DELETE /v1/users/:user/sessions/:jti</c>; the user plays no part, as in the original.</summary>
    public async Task EndSession(HttpContext context)
    {
        var key = BlacklistKey.OfSession(context.RouteNameOf(Session));
        var (outcome, _) = await Add(context, key, new BlacklistEntry(await DefaultFor(key, context.Request)));
        await AnswerEmpty(context, outcome, NotWritten, Undecided);
    }

    public Task List(HttpContext context)
    {
        if (PageQuery.Read(context.Request.Query, DefaultLimit) is not { } page)
        {
            return context.AnswerError(StatusCodes.Status400BadRequest, PageQuery.BadLimit);
        }

        if (!blacklist.IsCaughtUp)
        {
            return context.AnswerUnavailable(NotCaughtUp);
        }

        return context.AnswerJson(StatusCodes.Status200OK, BlacklistPage.Of(blacklist, page.After, page.Limit).ToJson());
    }

    public Task GetSession(HttpContext context) => Get(context, BlacklistKey.OfSession(context.RouteNameOf(Session)));

    public Task GetUser(HttpContext context) => Get(context, BlacklistKey.OfUser(context.RouteNameOf(User)));

    public Task PutSession(HttpContext context) =>
        Put(context, BlacklistKey.OfSession(context.RouteNameOf(Session)), BlacklistEntry.Always);

    public Task PutUser(HttpContext context) =>
        Put(context, BlacklistKey.OfUser(context.RouteNameOf(User)), time.GetUtcNow().ToUnixTimeSeconds());

    public Task DeleteSession(HttpContext context) => Delete(context, BlacklistKey.OfSession(context.RouteNameOf(Session)));

    public Task DeleteUser(HttpContext context) => Delete(context, BlacklistKey.OfUser(context.RouteNameOf(User)));

    private Task Get(HttpContext context, BlacklistKey key)
    {
        if (!blacklist.IsCaughtUp)
        {
            return context.AnswerUnavailable(NotCaughtUp);
        }

        return blacklist.Find(key) is { } entry
            ? context.AnswerJson(StatusCodes.Status200OK, BlacklistPage.ToJson(key, entry))
            : context.AnswerError(StatusCodes.Status404NotFound);
    }

    private async Task Put(HttpContext context, BlacklistKey key, long issuedUntil)
    {
        if (await context.ReadBodyOrAnswer(BlacklistRequest.MaxBytes) is not { } body)
        {
            return;
        }

        var (expires, mistake) = BlacklistRequest.Read(body, time.GetUtcNow());
        if (mistake is not null)
        {
            await context.AnswerError(StatusCodes.Status400BadRequest, mistake);
            return;
        }

        var (outcome, entry) = await Add(context, key, new BlacklistEntry(expires ?? await DefaultFor(key, context.Request), issuedUntil));
        if (outcome == AppendOutcome.Stored)
        {
            await context.AnswerJson(StatusCodes.Status200OK, BlacklistPage.ToJson(key, entry));
            return;
        }

        await AnswerEmpty(context, outcome, NotWritten, Undecided);
    }

    private async Task Delete(HttpContext context, BlacklistKey key)
    {
        var outcome = await blacklist.Remove(key);
        if (outcome == AppendOutcome.Stored)
        {
            LogRemoved(Caller(context), key.Kind, key.Shown);
        }

        await AnswerEmpty(context, outcome, NotRemoved, RemovalUndecided);
    }

    private async Task<(AppendOutcome Outcome, BlacklistEntry Entry)> Add(HttpContext context, BlacklistKey key, BlacklistEntry wanted)
    {
        var (outcome, entry) = await blacklist.Add(key, wanted);
        if (outcome == AppendOutcome.Stored)
        {
            LogAdded(Caller(context), key.Kind, key.Shown, entry.Expires);
        }
        else
        {
            LogNotWritten(Caller(context), key.Kind, key.Shown, entry.Expires, outcome);
        }

        return (outcome, entry);
    }

    private static string Caller(HttpContext context) => context.Connection.RemoteIpAddress.ToText();

    /// <summary>As in the original, an entry lasts until the caller's own token ends, if the caller shows one.</summary>
    private async ValueTask<DateTimeOffset> DefaultFor(BlacklistKey key, HttpRequest request)
    {
        // A header that is for API_TOKEN is no token of a session.
        return !apiTokens.AreSet && request.Headers.Authorization is [{ } token] && await tokens.Verify(token) is { Accepted: true } caller
            ? caller.Identity.Expires
            : defaults.Of(key);
    }

    private static Task AnswerEmpty(HttpContext context, AppendOutcome outcome, string notStored, string unknown)
    {
        if (outcome != AppendOutcome.Stored)
        {
            return context.AnswerNotStored(outcome, notStored, unknown, TooLarge);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    [LoggerMessage(1250, LogLevel.Information,
        "A call from {Address} put the {Kind} \"{Name}\" on the blacklist until {Expires:u}.", EventName = "Blacklisted")]
    private partial void LogAdded(string address, string kind, string name, DateTimeOffset expires);

    [LoggerMessage(1251, LogLevel.Warning,
        "A call from {Address} put the {Kind} \"{Name}\" on the blacklist of this node until {Expires:u}; "
        + "the others may not know of it: the entry could not be written ({Outcome}).",
        EventName = "BlacklistNotWritten")]
    private partial void LogNotWritten(string address, string kind, string name, DateTimeOffset expires, AppendOutcome outcome);

    [LoggerMessage(1253, LogLevel.Information,
        "A call from {Address} took the {Kind} \"{Name}\" off the blacklist.", EventName = "BlacklistLifted")]
    private partial void LogRemoved(string address, string kind, string name);
}
