using System.Net;
using System.Text;
using System.Text.Json;
using RigKafka.Auth;
using RigKafka.Http;
using RigKafka.Listeners;
using RigKafka.Messages;

namespace RigKafka.Demo;

/// <summary>The page, what it is made of, and the tokens that it asks for.</summary>
internal sealed class DemoEndpoints(AuthOptions auth, MessageOptions messages, TimeProvider time, IServiceProvider services)
{
    public const string Path = "/demo";

    private const string Folder = "demo";
    private const string PageName = "demo.html";
    private const string PlaceOfSettings = "{{settings}}";
    private const StringSplitOptions WithoutEmpty = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(1);

    public Task Page(HttpContext context)
    {
        // The page cannot guess it: ports are settings, and 0 takes any.
        var port = (context.Request.IsHttps ? services.TlsListenAddresses()!.Value : services.ListenAddresses()).External.Port;
        var settings = JsonSerializer.Serialize(new { port, userField = messages.UserField, privilegedRoles = auth.PrivilegedRoles });
        var page = Encoding.UTF8.GetString(EmbeddedPage.Read(Folder, PageName)!)
            .Replace(PlaceOfSettings, WebUtility.HtmlEncode(settings), StringComparison.Ordinal);
        var external = context.Request.IsHttps ? $" https://*:{port} wss://*:{port}" : $" http://*:{port} ws://*:{port}";
        return EmbeddedPage.Answer(context, "text/html", Encoding.UTF8.GetBytes(page), external);
    }

    public static Task File(HttpContext context) => EmbeddedPage.Answer(context, Folder, (string)context.GetRouteValue("file")!);

    public Task Token(HttpContext context)
    {
        var query = context.Request.Query;
        if (query["user"].ToString() is not { Length: > 0 } user)
        {
            return context.AnswerError(StatusCodes.Status400BadRequest, "Bad request: expected a user, as in /demo/token?user=alice.");
        }

        var roles = query["roles"].ToString().Split(',', WithoutEmpty);
        var now = time.GetUtcNow();
        var token = new TokenToSign(user, roles, now, (now + TokenLife).ToUnixTimeSeconds(), $"{Guid.NewGuid()}");
        context.Response.Headers.CacheControl = "no-store";
        var signed = token.Sign(SigningKey.Of(auth.SigningSecrets.First()), null, auth);
        return EmbeddedPage.Answer(context, "text/plain", Encoding.ASCII.GetBytes(signed));
    }
}
