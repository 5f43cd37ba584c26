using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using RigKafka.Http;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Apis;

/// <summary><c>/v1/apis</c>: shows operators the definitions, and lets them change these.</summary>
internal sealed class ApisEndpoints(ApiTable table, ApiEditor editor, LogOptions log)
{
    /// <summary>What callers are told before this node knows the definitions.</summary>
    public const string NotReady = "The API definitions are still being read.";

    public Task List(HttpContext context)
        => table.IsReady
            ? Answer(context, StatusCodes.Status200OK, $"[{string.Join(',', table.Active.Select(api => api.Json.GetRawText()))}]")
            : AnswerNotReady(context);

    public Task Get(HttpContext context)
    {
        if (!table.IsReady)
        {
            return AnswerNotReady(context);
        }

        return table.Find(Id(context)) is { Definition: { Active: true } api }
            ? Answer(context, StatusCodes.Status200OK, api.Json.GetRawText())
            : AnswerMissing(context, Id(context));
    }

    public async Task Post(HttpContext context)
    {
        if (await Body(context) is { } given)
        {
            await Answer(context, await editor.Create(given), given["id"]?.ToString() ?? "", StatusCodes.Status201Created);
        }
    }

    public async Task Put(HttpContext context)
    {
        if (await Body(context) is { } given)
        {
            await Answer(context, await editor.Update(Id(context), given), Id(context), StatusCodes.Status200OK);
        }
    }

    public async Task Delete(HttpContext context)
    {
        if (table.IsReady)
        {
            await Answer(context, await editor.Delete(Id(context)), Id(context), StatusCodes.Status204NoContent);
        }
        else
        {
            await AnswerNotReady(context);
        }
    }

    private static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    /// <summary>
    /// The JSON object that was sent. Null if the request was answered because there is none, or because the node is not ready.
    /// </summary>
    private async Task<JsonObject?> Body(HttpContext context)
    {
        if (!table.IsReady)
        {
            await AnswerNotReady(context);
            return null;
        }

        if (!IsJson(context.Request.ContentType))
        {
            await context.AnswerError(StatusCodes.Status415UnsupportedMediaType);
            return null;
        }

        if (await context.ReadBodyOrAnswer(log.MessageMaxBytes) is not { } body)
        {
            return null;
        }

        if (DefinitionJson.TryParse(body, out var why) is not { } json)
        {
            await AnswerInvalid(context, [$"definition: {why}."]);
            return null;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            await AnswerInvalid(context, ["definition: expected an object."]);
            return null;
        }

        return DefinitionJson.ToObject(json);
    }

    private static bool IsJson(string? contentType)
        => string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out var type) && IsJson(type));

    private static bool IsJson(MediaTypeHeaderValue type)
        => type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        || (type.Type == "application" && type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    private static Task Answer(HttpContext context, ApiChange change, string id, int done)
    {
        switch (change.Kind)
        {
            case ApiChangeKind.Done when done == StatusCodes.Status204NoContent:
                context.Response.StatusCode = done;
                return Task.CompletedTask;
            case ApiChangeKind.Done:
                return AnswerMessage(context, done, "ok");
            case ApiChangeKind.Exists:
                return AnswerMessage(context, StatusCodes.Status409Conflict, $"API with id={id} already exists.");
            case ApiChangeKind.Missing:
                return AnswerMissing(context, id);
            case ApiChangeKind.Invalid:
                return AnswerInvalid(context, change.Mistakes);
            case ApiChangeKind.NotStored:
                return context.AnswerNotStored(
                    change.Written,
                    notStored: "Not stored: the table of API definitions cannot take the change now.",
                    unknown: "Outcome unknown: the table of API definitions may have the change.");
            default:
                throw new UnreachableException();
        }
    }

    private static Task AnswerMissing(HttpContext context, string id)
        => AnswerMessage(context, StatusCodes.Status404NotFound, $"API with id={id} doesn't exists.");

    private static Task AnswerNotReady(HttpContext context) => context.AnswerUnavailable(NotReady);

    private static Task AnswerMessage(HttpContext context, int status, string message)
        => Answer(context, status, $$"""{"message":{{RelaxedJson.Quote(message)}}}""");

    private static Task AnswerInvalid(HttpContext context, IReadOnlyList<string> mistakes)
    {
        var list = JsonSerializer.Serialize(mistakes, RelaxedJson.Options);
        return Answer(context, StatusCodes.Status400BadRequest, $$$"""{"errors":{"detail":"Bad request","definition":{{{list}}}}}""");
    }

    private static Task Answer(HttpContext context, int status, string json) => context.AnswerJson(status, Encoding.UTF8.GetBytes(json));
}
