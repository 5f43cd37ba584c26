using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using RigKafka.Auth;
using RigKafka.Http;
using RigKafka.Listeners;
using RigKafka.Messages;

namespace RigKafka.Demo;

/// <summary>The page, what it is made of, and the tokens that it asks for.</summary>
internal sealed class DemoEndpoints(AuthOptions auth, MessageOptions messages, TimeProvider time, IServiceProvider services)
{
    public const string Path = "/demo";

    private const string PageName = "demo.html";
    private const string PlaceOfSettings = "{{settings}}";
    private const StringSplitOptions WithoutEmpty = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(1);

    public Task Page(HttpContext context)
    {
        // The page cannot guess it: ports are settings, and 0 takes any.
        var port = (context.Request.IsHttps ? services.TlsListenAddresses()!.Value : services.ListenAddresses()).External.Port;
        var settings = JsonSerializer.Serialize(new { port, userField = messages.UserField, privilegedRoles = auth.PrivilegedRoles });
        var page = Encoding.UTF8.GetString(Read(PageName)!)
            .Replace(PlaceOfSettings, WebUtility.HtmlEncode(settings), StringComparison.Ordinal);
        var external = context.Request.IsHttps ? $"https://*:{port} wss://*:{port}" : $"http://*:{port} ws://*:{port}";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
            + $"connect-src 'self' {external}; frame-ancestors 'none'";
        return Answer(context, "text/html", Encoding.UTF8.GetBytes(page));
    }

    public static Task File(HttpContext context)
    {
        var name = (string)context.GetRouteValue("file")!;
        var type = System.IO.Path.GetExtension(name) switch { ".css" => "text/css", ".js" => "text/javascript", _ => null };
        return type is not null && Read(name) is { } content
            ? Answer(context, type, content)
            : context.AnswerError(StatusCodes.Status404NotFound);
    }

    public Task Token(HttpContext context)
    {
        var query = context.Request.Query;
        if (query["user"].ToString() is not { Length: > 0 } user)
        {
            return context.AnswerError(StatusCodes.Status400BadRequest, "Bad request: expected a user, as in /demo/token?user=alice.");
        }

        var roles = query["roles"].ToString().Split(',', WithoutEmpty);
        var token = new TokenToSign(user, roles, (time.GetUtcNow() + TokenLife).ToUnixTimeSeconds(), $"{Guid.NewGuid()}");
        context.Response.Headers.CacheControl = "no-store";
        var signed = token.Sign(auth.SigningSecrets.First(), SecurityAlgorithms.HmacSha256, auth);
        return Answer(context, "text/plain", Encoding.ASCII.GetBytes(signed));
    }

    private static Task Answer(HttpContext context, string type, byte[] content)
    {
        context.Response.ContentType = $"{type}; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.AnswerBare(StatusCodes.Status200OK, content);
    }

    private static byte[]? Read(string name)
    {
        using var resource = typeof(DemoEndpoints).Assembly.GetManifestResourceStream($"demo/{name}");
        if (resource is null)
        {
            return null;
        }

        using var content = new MemoryStream();
        resource.CopyTo(content);
        return content.ToArray();
    }
}
