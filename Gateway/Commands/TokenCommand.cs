using System.CommandLine;
using System.Globalization;
using RigKafka.Auth;

namespace RigKafka.Commands;

/// <summary><c>token</c>: prints a token to try the gateway with, as the original's <c>encode_jwt</c> did.</summary>
internal static class TokenCommand
{
    private const StringSplitOptions WithoutEmpty = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    public static Command Create(TimeProvider clock, Command check)
    {
        var secret = new Option<string?>("--secret") { Description = "The secret to sign with: the gateway's JWT_SECRET_KEY." };
        var key = new Option<string?>("--key")
        {
            HelpName = "file",
            Description = "A private key to sign with, RSA or EC, in PEM, instead of a secret: that of the gateway's JWT_PUBLIC_KEY or JWT_JWKS_URL.",
        };
        var user = new Option<string>("--user") { Required = true, Description = "The user's name, for the claim user." };
        var roles = new Option<string>("--roles")
        {
            HelpName = "a,b",
            Description = "The user's roles, for the claim roles; none by default.",
            DefaultValueFactory = _ => "",
        };
        var exp = new Option<long?>("--exp") { HelpName = "unix seconds", Description = "When the token expires; in one day by default." };
        var alg = new Option<string?>("--alg") { Description = "How to sign; by default HS256 with a secret, RS256 with an RSA key, and what its curve is for with an EC key." };
        var jti = new Option<string?>("--jti") { Description = "The name of the session; the present time in Unix seconds by default." };
        alg.AcceptOnlyFromAmong([.. VerificationKeys.Algorithms]);
        RefuseEmpty(secret);
        RefuseEmpty(jti);

        var command = new Command("token", "Prints a token for a user, signed with a secret or a private key.") { secret, key, user, roles, exp, alg, jti, check };
        command.Validators.Add(result =>
        {
            if (Mistake(result.GetValue(secret), result.GetValue(key), result.GetValue(alg)) is { } mistake)
            {
                result.AddError(mistake);
            }
        });
        command.SetAction(parsed =>
        {
            var now = clock.GetUtcNow();
            var claims = new TokenToSign(
                parsed.GetRequiredValue(user),
                parsed.GetRequiredValue(roles).Split(',', WithoutEmpty),
                now,
                parsed.GetValue(exp) ?? now.AddDays(1).ToUnixTimeSeconds(),
                parsed.GetValue(jti) ?? now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
            Read(parsed.GetValue(secret), parsed.GetValue(key), out var signing);
            var token = claims.Sign(signing!, parsed.GetValue(alg), new AuthOptions());
            parsed.InvocationConfiguration.Output.WriteLine(token);
        });
        return command;
    }

    private static string? Mistake(string? secret, string? file, string? algorithm)
    {
        if (secret is null == file is null)
        {
            return "Expected one of the options '--secret' and '--key'.";
        }

        if (Read(secret, file, out var key) is { } mistake)
        {
            return $"Option '--key': {mistake}";
        }

        return algorithm is null || key!.Algorithms.Contains(algorithm)
            ? null
            : $"Option '--alg': expected one of {string.Join(", ", key.Algorithms)}, since that is what the key is for.";
    }

    private static string? Read(string? secret, string? file, out SigningKey? key)
    {
        key = secret is null ? null : SigningKey.Of(secret);
        return file is null ? null : SigningKey.Read(file, out key);
    }

    private static void RefuseEmpty(Option option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError($"Option '{option.Name}' must not be empty.");
        }
    });
}
