using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using RigKafka.Auth;
using RigKafka.Messages;
using RigKafka.Settings;

namespace RigKafka.Commands;

/// <summary><c>token check</c>: says why a node of this environment would refuse a token. Its signature is not printed.</summary>
internal static class TokenCheckCommand
{
    /// <summary>More is no token, whatever JWT_MAX_TOKEN_BYTES says.</summary>
    private const int MostChars = 128 * 1024;

    public static Command Create(Func<SettingsReader> readSettings, TimeProvider clock, TextReader input)
    {
        var token = new Argument<string?>("token")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "The token. Without it, it is read from the input, where it does not show in the list of processes.",
        };
        var command = new Command("check", "Says whether a node with the settings of this environment takes a token, and why not.") { token };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var settings = readSettings();
            if (settings.Mistakes.Count > 0)
            {
                await error.WriteLineAsync(string.Join(Environment.NewLine, settings.Mistakes));
                return 1;
            }

            if (parsed.GetValue(token) is null && !Console.IsInputRedirected)
            {
                await error.WriteLineAsync("Paste the token, then an empty line.");
            }

            var options = settings.Read<AuthOptions>();
            using var remote = new RemoteKeys(options, clock, NullLogger<RemoteKeys>.Instance);
            var keys = new VerificationKeys(options, remote);
            var judge = new TokenJudge(new TokenVerifier(options, keys, clock, NullLogger<TokenVerifier>.Instance), keys, options, clock);
            var judgement = await judge.Judge(parsed.GetValue(token) ?? await Read(input, cancellation));
            Write(judgement, output);
            return judgement.Verdict.Accepted ? 0 : 1;
        });
        return command;
    }

    /// <summary>Up to the end of the input, or to an empty line, which ends what was pasted into a terminal.</summary>
    private static async Task<string> Read(TextReader input, CancellationToken cancellation)
    {
        var text = "";
        while (text.Length < MostChars && await input.ReadLineAsync(cancellation) is { } line && (text.Length == 0 || line.Length > 0))
        {
            // A terminal breaks what is pasted where its window ends.
            text += line.Trim();
        }

        return text;
    }

    private static void Write(TokenJudgement judgement, TextWriter output)
    {
        output.WriteLine(judgement.Verdict.Identity is { } identity
            ? $"accepted: user {Quoted(identity.User)}, session {Quoted(identity.Session)}, until {identity.Expires:u}, unless it is on the blacklist"
            : $"refused: {judgement.Verdict.Refusal!.Value.Word()}");
        foreach (var (word, sentence) in judgement.Findings)
        {
            output.WriteLine($"{word}: {sentence}");
        }

        Write("header", judgement.Header, output);
        Write("claims", judgement.Claims, output);
    }

    private static void Write(string name, JsonElement? json, TextWriter output)
    {
        if (json is { } there)
        {
            output.WriteLine($"{name}: {JsonSerializer.Serialize(there, RelaxedJson.Options)}");
        }
    }

    private static string Quoted(string? text) => text is null ? "unknown" : RelaxedJson.Quote(text);
}
