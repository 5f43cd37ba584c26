using RigKafka.Http;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Publishing;

/// <summary><c>POST /v1/messages</c>: appends a message to the log and answers what became of it.</summary>
internal sealed partial class PublishEndpoint(IMessageLog log, MessageOptions options, GatewayMetrics metrics, IHostApplicationLifetime lifetime, ILogger<PublishEndpoint> logger)
{
    private const string Refused = "Not stored: the log cannot take the message now.";
    private const string Stopping = "Not stored: this node is stopping.";
    private const string Undecided = "Outcome unknown: the log may have the message; a repeated POST may deliver it twice.";

    private static readonly byte[] Queued = "message queued for transport"u8.ToArray();

    private readonly int _maxFormBytes = MaxBodyBytes(options);

    /// <summary>The largest body of any kind: percent-encoding makes three bytes of one, and a multipart body has something around its values.</summary>
    public static int MaxBodyBytes(MessageOptions options) => (options.MaxBytes * 3) + 65_536;

    public async Task Handle(HttpContext context)
    {
        var request = context.Request;
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await AnswerUnavailable(context, PublishOutcome.NotStored, Stopping);
            return;
        }

        var kind = ContentTypes.KindOf(request.ContentType);
        if (kind is ContentKind.Unsupported)
        {
            await AnswerError(context, PublishOutcome.UnsupportedType, StatusCodes.Status415UnsupportedMediaType);
            return;
        }

        var (body, refusal) = kind is ContentKind.None ? ([], 0) : await RequestBody.Read(request, kind is ContentKind.Json ? options.MaxBytes : _maxFormBytes);
        if (body is null)
        {
            await AnswerRefused(context, refusal);
            return;
        }

        // The common case: the body is the message, and its bytes are what the log gets.
        var isMessage = kind is ContentKind.Json && body.Length > 0 && !request.QueryString.HasValue;
        var json = isMessage ? body : await MessageComposer.Compose(request, kind, body);
        var fault = Check(json, out var message);
        if (fault is MessageFault.NotAnObject)
        {
            json = await MessageComposer.Compose(request, kind, body);
            fault = Check(json, out message);
        }

        if (fault is not MessageFault.None)
        {
            await AnswerFault(context, fault, json);
        }
        else if (message.Json.Length > options.MaxBytes)
        {
            await AnswerError(context, PublishOutcome.TooLarge, StatusCodes.Status413PayloadTooLarge);
        }
        else
        {
            await Answer(context, await log.Append(message, TraceContext.Of(context)));
        }
    }

    private MessageFault Check(byte[]? json, out Message message)
    {
        message = default;
        return json is null ? MessageFault.InvalidJson : Message.TryParse(json, options.UserFieldUtf8, out message);
    }

    private Task Answer(HttpContext context, AppendOutcome outcome)
    {
        switch (outcome)
        {
            case AppendOutcome.Stored:
                metrics.Published(PublishOutcome.Stored);
                return context.AnswerBare(StatusCodes.Status202Accepted, Queued);
            case AppendOutcome.TooLarge:
                return AnswerError(context, PublishOutcome.TooLarge, StatusCodes.Status413PayloadTooLarge);
            case AppendOutcome.NotStored:
                return AnswerUnavailable(context, PublishOutcome.NotStored, Refused);
            default:
                return AnswerUnavailable(context, PublishOutcome.Unknown, Undecided);
        }
    }

    private Task AnswerFault(HttpContext context, MessageFault fault, byte[]? json)
    {
        metrics.Published(PublishOutcome.Invalid);
        LogInvalid(fault);
        return fault is MessageFault.InvalidJson or MessageFault.InvalidUtf8
            ? context.AnswerError(StatusCodes.Status400BadRequest)
            : context.AnswerBare(StatusCodes.Status400BadRequest, BadRequestText.Of(fault, options.UserField, json));
    }

    private Task AnswerRefused(HttpContext context, int refusal)
    {
        metrics.Published(refusal switch
        {
            StatusCodes.Status413PayloadTooLarge => PublishOutcome.TooLarge,
            StatusCodes.Status415UnsupportedMediaType => PublishOutcome.UnsupportedType,
            _ => PublishOutcome.Invalid,
        });
        return context.AnswerRefusedBody(refusal);
    }

    private Task AnswerError(HttpContext context, string outcome, int status)
    {
        metrics.Published(outcome);
        return context.AnswerError(status);
    }

    private Task AnswerUnavailable(HttpContext context, string outcome, string detail)
    {
        metrics.Published(outcome);
        return context.AnswerUnavailable(detail);
    }

    [LoggerMessage(1300, LogLevel.Debug, "A publisher's request is no message: {Fault}.", EventName = "PublishInvalid")]
    private partial void LogInvalid(MessageFault fault);
}
