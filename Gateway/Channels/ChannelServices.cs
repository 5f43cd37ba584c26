using RigKafka.Auth;
using RigKafka.Sessions;

namespace RigKafka.Channels;

/// <summary>What every client of the channel protocol needs.</summary>
internal sealed record ChannelServices(TokenGate Tokens, JoinPolicy Policy, Membership Membership, ChannelOptions Options);
